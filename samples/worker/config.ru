require_relative "jobs"

run lambda { |env|
  case env["PATH_INFO"]
  when "/order"
    Confirmation.perform_async(env["QUERY_STRING"])
    [200, {}, ["order #{env["QUERY_STRING"]} is in the queue\n"]]
  else
    [200, {}, ["#{Sidekiq.redis { |redis| redis.scard("confirmed") }} confirmed\n"]]
  end
}
