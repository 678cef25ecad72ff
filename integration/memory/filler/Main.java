import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;

/**
 * An app or a sidecar that, told for how many seconds, fills its heap and its direct memory and stays full for so long. Told a number of
 * threads too, it first fills as many stacks, and its metaspace with classes that are compiled.
 */
public class Main {
    private static final int PIECE = 1 << 20;
    private static final List<Object> KEPT = new ArrayList<>();
    private static volatile Object garbage;

    public static void main(String[] args) throws Exception {
        System.out.println("is up");
        if (args.length == 0) {
            Thread.currentThread().join();
        }
        String more = "";
        if (args.length > 1) {
            int threads = Integer.parseInt(args[1]);
            fillStacks(threads);
            fillMetaspace();
            more = ", " + threads + " stacks, metaspace " + use("Metaspace") + ", code " + use("Code");
        }
        long heap = fillHeap();
        long direct = fillDirectMemory();
        long heapMost = Runtime.getRuntime().maxMemory() / PIECE;
        System.out.println("is full: heap " + heap + "M of " + heapMost + "M, " + direct + "M of direct memory" + more);
        long end = System.nanoTime() + Long.parseLong(args[0]) * 1_000_000_000;
        while (System.nanoTime() < end) {
            garbage = new byte[PIECE]; // so that the collector works, and touches what it keeps free
            Thread.sleep(5);
        }
        System.out.println("has been full all the time");
    }

    /** Keeps four fifths; more would leave the collector no room. */
    private static long fillHeap() {
        long pieces = Runtime.getRuntime().maxMemory() / PIECE * 4 / 5;
        for (long i = 0; i < pieces; i++) {
            KEPT.add(new byte[PIECE - 64]);
        }
        return pieces;
    }

    private static long fillDirectMemory() {
        for (long pieces = 0; ; pieces++) {
            try {
                KEPT.add(ByteBuffer.allocateDirect(PIECE));
            } catch (OutOfMemoryError full) {
                return pieces;
            }
        }
    }

    /** Has threads go as deep as they can, one after the other, and then wait. What a stack has touched stays its own. */
    private static void fillStacks(int threads) throws InterruptedException {
        for (int i = 0; i < threads; i++) {
            CountDownLatch full = new CountDownLatch(1);
            Thread thread = new Thread(() -> {
                try {
                    deeper(0);
                } catch (StackOverflowError expected) {
                    // this is the end of the stack
                }
                full.countDown();
                try {
                    Thread.currentThread().join();
                } catch (InterruptedException end) {
                    return;
                }
            });
            thread.setDaemon(true);
            thread.start();
            full.await();
        }
    }

    private static long deeper(long depth) {
        return depth + deeper(depth + 1);
    }

    /** Defines classes until nine tenths of the metaspace that the JVM may have, or of 64M, are used, and runs each until it is compiled. */
    private static void fillMetaspace() throws Exception {
        MemoryPoolMXBean metaspace = pools("Metaspace").get(0);
        long most = metaspace.getUsage().getMax();
        most = (most < 0 ? 64L * PIECE : most) / 10 * 9;
        Copies copies = new Copies();
        for (int i = 0; metaspace.getUsage().getUsed() < most; i++) {
            Runnable copy = (Runnable) copies.next(i).getDeclaredConstructor().newInstance();
            for (int runs = 0; runs < 300; runs++) {
                copy.run();
            }
            KEPT.add(copy);
        }
    }

    /** What was used at most of all memory pools whose names begin so, such as 57M of 64M. */
    private static String use(String name) {
        long used = 0;
        long most = 0;
        for (MemoryPoolMXBean pool : pools(name)) {
            used += pool.getPeakUsage().getUsed();
            most += pool.getUsage().getMax();
        }
        return used / PIECE + "M of " + most / PIECE + "M";
    }

    private static List<MemoryPoolMXBean> pools(String name) {
        List<MemoryPoolMXBean> found = new ArrayList<>();
        for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
            if (pool.getName().startsWith(name)) {
                found.add(pool);
            }
        }
        return found;
    }

    /** What there are many copies of, under names of the same length. */
    public static class Copy00000 implements Runnable {
        private long sum;

        @Override
        public void run() {
            for (int i = 0; i < 10; i++) {
                sum += Long.toString(mix(sum ^ i)).hashCode();
            }
        }

        /** Is so small that the compiler takes it, and what it calls, into each copy: that is much code for little metaspace. */
        private static long mix(long n) {
            return half(half(n) + 1);
        }

        private static long half(long n) {
            return quarter(quarter(n) + 1);
        }

        private static long quarter(long n) {
            return (n ^ n >>> 7) * 31 + (n ^ n << 3) / 7 - n % 11;
        }
    }

    private static class Copies extends ClassLoader {
        private static final String NAME = "Copy00000";
        private final String template;

        Copies() throws IOException {
            super(Main.class.getClassLoader());
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            try (InputStream file = Main.class.getResourceAsStream("/Main$" + NAME + ".class")) {
                for (int b = file.read(); b >= 0; b = file.read()) {
                    bytes.write(b);
                }
            }
            template = new String(bytes.toByteArray(), StandardCharsets.ISO_8859_1);
        }

        Class<?> next(int i) {
            String name = String.format("Copy%05d", i + 1);
            byte[] bytes = template.replace(NAME, name).getBytes(StandardCharsets.ISO_8859_1);
            return defineClass("Main$" + name, bytes, 0, bytes.length);
        }
    }
}
