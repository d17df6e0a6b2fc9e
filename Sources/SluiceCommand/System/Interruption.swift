import Glibc
import Synchronization

/// INT and TERM: the first asks for an orderly end, the second ends the process at once.
enum Interruption {
  private static let received = Atomic<Int32>(0)

  /// The signal that has come, if any.
  static var signal: Int32? {
    let number = received.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }

  static func install() {
    _ = signal  // initialised here, and not in the handler
    for number in [SIGINT, SIGTERM] {
      Glibc.signal(number) { number in
        // Only an atomic store and signal(2), which a handler may do.
        Interruption.received.store(number, ordering: .relaxed)
        Glibc.signal(SIGINT, SIG_DFL)
        Glibc.signal(SIGTERM, SIG_DFL)
      }
    }
    unblock([SIGINT, SIGTERM])
  }
}

/// Signals are blocked in whatever a thread of a dispatch queue started.
func unblock(_ numbers: [Int32]) {
  var signals = sigset_t()
  unsafe sigemptyset(&signals)
  for number in numbers { unsafe sigaddset(&signals, number) }
  unsafe pthread_sigmask(SIG_UNBLOCK, &signals, nil)
}
