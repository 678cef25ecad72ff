require "pg"

run lambda { |env|
  db = PG.connect(host: "127.0.0.1", port: 6432, dbname: "shop") # the pool, as if it were the database
  begin
    [200, {"Content-Type" => "text/plain"}, ["#{db.exec("select count(*) from orders").getvalue(0, 0)} orders\n"]]
  ensure
    db.close
  end
}
