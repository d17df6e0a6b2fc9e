import Sockets

/// The packets of a socket of which it is not known yet whether they go, and how far each direction is
/// decided.
///
/// What is found out has to be the same whether an answer came at once or later. So a packet that comes
/// while answers are open waits for them, be it without text; and it goes with the packet that brought
/// a decision about, or one after it, never before.
struct PacketLedger {
  private struct Entry {
    var ordinal: UInt64
    /// 0 without text.
    var textEnd: UInt64
    /// Where it stands among all packets (`DeferralStage.spoolPosition`).
    var position: UInt64
  }

  /// By `Direction.index`: all bytes before this offset are decided.
  private var decided: [UInt64] = [0, 0]
  private var open: [[Entry]] = [[], []]

  /// Whether a packet may go at once; one that may not is kept.
  ///
  /// - Parameters:
  ///   - textEnd: where its text ends, 0 when it has none that anybody decides about.
  ///   - mayGo: whether no answer is open.
  mutating func goes(
    _ ordinal: UInt64, at position: UInt64, _ direction: Direction, textEnd: UInt64, mayGo: Bool
  ) -> Bool {
    if mayGo, textEnd <= decided[direction.index] { return true }
    open[direction.index].append(Entry(ordinal: ordinal, textEnd: textEnd, position: position))
    return false
  }

  /// All bytes before an offset are decided, with the packet `cause`: lets those packets go that end
  /// there or before, and came with it or before.
  mutating func release(
    _ direction: Direction, to offset: UInt64, cause: UInt64, _ body: (_ ordinal: UInt64) -> Void
  ) {
    guard offset > decided[direction.index] else { return }
    decided[direction.index] = offset
    letGo(direction, until: cause, body)
  }

  /// No answer is open any more: lets the packets go that waited for nothing else.
  mutating func settle(_ body: (_ ordinal: UInt64) -> Void) {
    for direction in Direction.allCases { letGo(direction, until: .max, body) }
  }

  private mutating func letGo(
    _ direction: Direction, until last: UInt64, _ body: (_ ordinal: UInt64) -> Void
  ) {
    guard !open[direction.index].isEmpty else { return }
    let edge = decided[direction.index]
    open[direction.index].removeAll { entry in
      guard entry.textEnd <= edge, entry.ordinal <= last else { return false }
      body(entry.ordinal)
      return true
    }
  }

  /// The flow is dropped with the packet `cause`: says of each packet whether it went before that. The
  /// packet itself went if none of its own text was to be decided about.
  mutating func drop(cause: UInt64, _ body: (_ ordinal: UInt64, _ isWritten: Bool) -> Void) {
    for direction in Direction.allCases {
      for entry in open[direction.index] {
        body(entry.ordinal, entry.textEnd <= decided[direction.index] && entry.ordinal <= cause)
      }
      open[direction.index] = []
    }
  }

  /// The packet whose fate has been open for longest.
  var oldest: (position: UInt64, direction: Direction)? {
    Direction.allCases
      .compactMap { direction in open[direction.index].first.map { ($0.position, direction) } }
      .min { $0.0 < $1.0 }
  }

  /// Lets the oldest packet of a direction go, undecided.
  mutating func takeOldest(_ direction: Direction) -> UInt64? {
    open[direction.index].isEmpty ? nil : open[direction.index].removeFirst().ordinal
  }

  /// Lets all packets go.
  mutating func takeAll(_ body: (_ ordinal: UInt64) -> Void) {
    for direction in Direction.allCases {
      for entry in open[direction.index] { body(entry.ordinal) }
      open[direction.index] = []
    }
  }
}
