# A place for a trial that dumps can be uploaded to. It says how many bytes came.
require "sinatra"

set :bind, "0.0.0.0"
set :port, 8080

$stdout.sync = true

put "/*" do |name|
  puts "#{name}: #{request.body.read.bytesize} bytes"
  201
end
