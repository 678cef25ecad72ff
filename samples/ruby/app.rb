require 'net/http'
require 'sinatra'

$stdout.sync = true
set :bind, '0.0.0.0'
set :port, ENV.fetch('PORT', 8080)

get '/' do
  "Hi, I'm an app with a sidecar!\n"
end

get '/config' do
  uri = URI("http://localhost:#{ENV.fetch('CONFIG_SERVER_PORT', 8082)}/config/")
  puts "Asking the config server at #{uri}"
  config = Net::HTTP.get(uri)
  puts "Received #{config.chomp} from the config server"
  content_type :json
  config
end
