import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.concurrent.Executors;

/** An app with a sidecar, which it asks for its configuration. */
public class Main {
    public static void main(String[] args) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(port("PORT", "8080")), 0);
        server.createContext("/", exchange -> answer(exchange, "Hi, I'm an app with a sidecar!\n".getBytes()));
        server.createContext("/config", exchange -> answer(exchange, config()));
        server.setExecutor(Executors.newFixedThreadPool(8));
        server.start();
    }

    private static byte[] config() throws IOException {
        URI uri = URI.create("http://localhost:" + port("CONFIG_SERVER_PORT", "8082") + "/config/");
        System.out.println("Asking the config server at " + uri);
        try (InputStream body = uri.toURL().openStream()) {
            byte[] config = body.readAllBytes();
            System.out.println("Received " + new String(config).trim() + " from the config server");
            return config;
        }
    }

    private static void answer(HttpExchange exchange, byte[] body) throws IOException {
        try (exchange) {
            exchange.sendResponseHeaders(200, body.length);
            exchange.getResponseBody().write(body);
        }
    }

    private static int port(String variable, String otherwise) {
        return Integer.parseInt(System.getenv().getOrDefault(variable, otherwise));
    }
}
