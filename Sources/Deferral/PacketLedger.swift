import Sockets

/// The packets of a socket whose text is not decided yet, and how far each direction is.
struct PacketLedger {
  private struct Entry {
    var ordinal: UInt64
    var textEnd: UInt64
  }

  /// By `Direction.index`: all bytes before this offset are decided.
  private var decided: [UInt64] = [0, 0]
  private var open: [[Entry]] = [[], []]

  /// Whether all text of a packet is decided; one of which it is not is kept until then.
  mutating func isDecided(
    _ ordinal: UInt64, _ direction: Direction, textEnd: UInt64
  ) -> Bool {
    if textEnd <= decided[direction.index] { return true }
    open[direction.index].append(Entry(ordinal: ordinal, textEnd: textEnd))
    return false
  }

  /// All bytes before an offset are decided: lets those packets go that end there or before.
  mutating func release(
    _ direction: Direction, to offset: UInt64, _ body: (_ ordinal: UInt64) -> Void
  ) {
    guard offset > decided[direction.index] else { return }
    decided[direction.index] = offset
    guard !open[direction.index].isEmpty else { return }
    open[direction.index].removeAll { entry in
      guard entry.textEnd <= offset else { return false }
      body(entry.ordinal)
      return true
    }
  }

  /// Lets all packets go.
  mutating func takeAll(_ body: (_ ordinal: UInt64) -> Void) {
    for direction in Direction.allCases {
      for entry in open[direction.index] { body(entry.ordinal) }
      open[direction.index] = []
    }
  }
}
