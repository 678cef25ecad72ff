#!/bin/sh
# A Git server for a trial, with a site of one page and one redirect. Whoever reaches it may read all.
set -e

git init --quiet /tmp/site
cd /tmp/site
git config user.name sample
git config user.email sample@example.org
echo "Hi, I'm version 1!" >index.html
echo "rewrite ^/old$ /version-1 redirect;" >site.conf
git add .
git commit --quiet --message "Version 1"
exec git daemon --base-path=/tmp --export-all
