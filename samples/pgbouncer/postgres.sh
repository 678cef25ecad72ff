#!/bin/sh
# A PostgreSQL for a trial, with a database named shop and three orders in it. Whoever reaches it may do all, and a crash may lose all.
set -e

export PATH="$PATH:/usr/lib/postgresql/15/bin" PGDATA=/tmp/postgres
initdb --auth=trust --username=shop --no-sync >/dev/null
echo "host all all all trust" >>"$PGDATA/pg_hba.conf"
echo "create database shop" | postgres --single -F postgres >/dev/null
echo "create table orders as select generate_series(1, 3)" | postgres --single -F shop >/dev/null
exec postgres -F -c listen_addresses='*' -k /tmp
