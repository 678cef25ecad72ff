require "sidekiq"
Redis.silence_deprecations = true # Debian's Sidekiq is older than its Redis client

class Confirmation
  include Sidekiq::Worker

  # perform may be done twice for one order, as with every queue that loses none.
  def perform(order)
    Sidekiq.redis { |redis| redis.sadd("confirmed", order) }
  end
end
