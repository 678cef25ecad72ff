require_relative "jobs"

puts "#{Sidekiq.redis { |redis| redis.scard("confirmed") }} orders are confirmed"
