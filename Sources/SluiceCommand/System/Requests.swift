import Glibc
import Synchronization

/// What a running `sluice` is asked for by signals: HUP to open its logs again, USR1 to say how far
/// it is. They are noticed between batches.
enum Requests {
  private static let hangup = Atomic<Bool>(false)
  private static let statistics = Atomic<Bool>(false)

  /// Before the input is opened, which may take its time: unhandled, both end the process.
  static func install() {
    _ = takeHangup()  // initialised here, and not in a handler
    _ = takeStatistics()
    // Only an atomic store, which a handler may do.
    signal(SIGHUP) { _ in Requests.hangup.store(true, ordering: .relaxed) }
    signal(SIGUSR1) { _ in Requests.statistics.store(true, ordering: .relaxed) }
    // A new configuration is for the wire; here a run keeps the one that it began with.
    signal(SIGUSR2, SIG_IGN)
    unblock([SIGHUP, SIGUSR1])
  }

  /// Whether logs are to be opened again; asks once for any number of signals.
  static func takeHangup() -> Bool { hangup.exchange(false, ordering: .relaxed) }

  static func takeStatistics() -> Bool { statistics.exchange(false, ordering: .relaxed) }
}
