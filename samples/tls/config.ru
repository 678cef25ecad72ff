run lambda { |env| [200, {"Content-Type" => "text/plain"}, ["Hi, I'm an app behind TLS!\n"]] }
