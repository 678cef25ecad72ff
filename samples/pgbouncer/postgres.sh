#!/bin/sh
# A PostgreSQL for a trial, with a database named shop and three orders in it. Whoever reaches it may do all.
set -e

export PATH="$PATH:/usr/lib/postgresql/15/bin" PGDATA=/tmp/postgres
initdb --auth=trust --username=shop >/dev/null
echo "host all all all trust" >>"$PGDATA/pg_hba.conf"
pg_ctl --wait --silent --options="-c listen_addresses='' -k /tmp" start
psql --quiet --host=/tmp --username=shop --dbname=postgres --command="create database shop"
psql --quiet --host=/tmp --username=shop --command="create table orders as select generate_series(1, 3)"
pg_ctl --wait --silent stop
exec postgres -c listen_addresses='*' -k /tmp
