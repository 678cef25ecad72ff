import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/** A web app that keeps whatever /leak makes, until its heap is full. */
public class Main {
    private static final List<byte[]> kept = new ArrayList<>();

    public static void main(String[] args) throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(8080), 0);
        server.createContext("/", exchange -> answer(exchange, "Hi, I'm an app with a heap!\n"));
        server.createContext("/leak", exchange -> {
            while (true) {
                kept.add(new byte[1 << 20]);
            }
        });
        server.start();
    }

    private static void answer(HttpExchange exchange, String text) throws IOException {
        exchange.sendResponseHeaders(200, text.length());
        exchange.getResponseBody().write(text.getBytes());
        exchange.close();
    }
}
