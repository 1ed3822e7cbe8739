package bench;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.util.ArrayList;
import java.util.List;
import org.apache.curator.framework.CuratorFramework;
import org.apache.curator.framework.CuratorFrameworkFactory;
import org.apache.curator.framework.recipes.locks.InterProcessMutex;
import org.apache.curator.framework.recipes.locks.InterProcessSemaphoreV2;
import org.apache.curator.framework.recipes.locks.Lease;
import org.apache.curator.retry.ExponentialBackoffRetry;

/**
 * Curator's locks under the commands of bench/peers/party.ts: one line in, one line out. All
 * contenders of a process share one client, each is a thread with a lock object of its own.
 */
public final class Contender {
  /** One party's hands on one lock. */
  interface Grip {
    void acquire() throws Exception;

    void release() throws Exception;
  }

  private final CuratorFramework client;
  private final List<Thread> threads = new ArrayList<>();
  private final List<String> turns = new ArrayList<>();
  private volatile boolean stopped;
  private volatile Exception failure;
  private Grip held;

  private Contender(String servers) throws InterruptedException {
    client = CuratorFrameworkFactory.newClient(servers, 15_000, 15_000, new ExponentialBackoffRetry(100, 5));
    client.start();
    client.blockUntilConnected();
  }

  public static void main(String[] args) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in));
    Contender contender = null;
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      String[] words = line.split(" ");
      String answer;
      try {
        if (words[0].equals("connect")) {
          contender = new Contender(words[1]);
          answer = "";
        } else {
          answer = contender.obey(words);
        }
        System.out.println("ok " + answer);
      } catch (Exception e) {
        System.out.println("error " + e.toString().replace('\n', ' '));
      }
    }
    System.exit(0); // threads may still wait for a lock
  }

  private String obey(String[] words) throws Exception {
    switch (words[0]) {
      case "hold":
        held = grip(words[1], words[2], Integer.parseInt(words[3]));
        held.acquire();
        return String.valueOf(now());
      case "unhold":
        long released = now();
        held.release();
        return String.valueOf(released);
      case "contend":
        return contend(words[1], words[2], Integer.parseInt(words[3]), Integer.parseInt(words[4]), Long.parseLong(words[5]));
      case "now":
        return String.valueOf(now());
      case "stop":
        return stop();
      case "spin":
        return spin(grip(words[1], words[2], Integer.parseInt(words[3])), Long.parseLong(words[4]));
      case "collect":
        System.gc();
        return "";
      default:
        throw new IllegalArgumentException("unknown command " + words[0]);
    }
  }

  private Grip grip(String kind, String path, int limit) {
    switch (kind) {
      case "InterProcessMutex":
        InterProcessMutex mutex = new InterProcessMutex(client, path);
        return new Grip() {
          public void acquire() throws Exception {
            mutex.acquire();
          }

          public void release() throws Exception {
            mutex.release();
          }
        };
      case "InterProcessSemaphoreV2":
        InterProcessSemaphoreV2 semaphore = new InterProcessSemaphoreV2(client, path, limit);
        return new Grip() {
          private Lease lease;

          public void acquire() throws Exception {
            lease = semaphore.acquire();
          }

          public void release() {
            semaphore.returnLease(lease);
          }
        };
      default:
        throw new IllegalArgumentException("unknown lock " + kind);
    }
  }

  /** Starts contenders that take the lock, hold it and queue again until they are stopped. */
  private String contend(String kind, String path, int limit, int contenders, long holdMillis) {
    stopped = false;
    turns.clear();
    threads.clear();
    for (int i = 0; i < contenders; i++) {
      Grip grip = grip(kind, path, limit);
      Thread thread = new Thread(() -> takeTurns(grip, holdMillis), "contender-" + i);
      threads.add(thread);
      thread.start();
    }
    return "";
  }

  private void takeTurns(Grip grip, long holdMillis) {
    try {
      do {
        grip.acquire();
        long acquired = now();
        if (!stopped && holdMillis > 0) Thread.sleep(holdMillis);
        long released = now();
        synchronized (turns) {
          turns.add(acquired + "," + released);
        }
        grip.release();
      } while (!stopped);
    } catch (Exception e) {
      failure = e;
    }
  }

  /** Nobody queues again; who waits has its turn and goes. */
  private String stop() throws Exception {
    stopped = true;
    for (Thread thread : threads) thread.join();
    if (failure != null) throw failure;
    return String.join(" ", turns);
  }

  private static String spin(Grip grip, long millis) throws Exception {
    grip.acquire();
    grip.release();
    long begin = now();
    long count = 0;
    while (now() - begin < millis * 1000) {
      grip.acquire();
      grip.release();
      count++;
    }
    return count + " " + (now() - begin);
  }

  /** Microseconds of a clock that all processes of this machine share. */
  private static long now() {
    return System.nanoTime() / 1000;
  }
}
