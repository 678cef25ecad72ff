import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** An app or a sidecar that, told for how many seconds, fills its heap and its direct memory and stays full for so long. */
public class Main {
    private static final int PIECE = 1 << 20;
    private static final List<Object> KEPT = new ArrayList<>();
    private static volatile Object garbage;

    public static void main(String[] args) throws InterruptedException {
        System.out.println("is up");
        if (args.length == 0) {
            Thread.currentThread().join();
        }
        long heap = fillHeap();
        long direct = fillDirectMemory();
        System.out.println("is full: " + heap + "M of heap, " + direct + "M of direct memory");
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
}
