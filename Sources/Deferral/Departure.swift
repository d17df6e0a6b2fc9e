import Injection
import Sockets

/// What is kept of a connection whose streams were changed, or that was dropped, when its socket has
/// gone: what comes later still leaves with the numbers of the changed streams, or not at all.
struct Departure: BitwiseCopyable {
  var isDropped: Bool
  /// By `Direction.index`.
  var streams: [2 of SettledStream]

  /// Nothing of it is written, so that nothing has to be known of its streams.
  static var dropped: Departure {
    Departure(isDropped: true, streams: InlineArray(repeating: SettledStream()))
  }

  /// What becomes of a packet that repeats what was said.
  func outcome(of packet: CapturedPacket, datagram: [UInt8]?) -> PacketOutcome {
    if isDropped { return .leftOut }
    var translator = CaptureTranslator(resuming: streams)
    if packet.traits.contains(.quote) {
      return translator.translateQuote(packet, dropsText: false)
    }
    return translator.translate(packet, hasDecidedText: true, isDecided: true)
      .of(packet, from: datagram)
  }
}

/// The departures of a worker's connections, by their numbers.
struct DepartureStore {
  private var departures: [Departure] = []
  private var free: [UInt32] = []

  mutating func add(_ departure: Departure) -> DepartureMemo {
    if let number = free.popLast() {
      departures[Int(number) - 1] = departure
      return DepartureMemo(number: number)
    }
    departures.append(departure)
    return DepartureMemo(number: UInt32(departures.count))
  }

  subscript(memo: DepartureMemo) -> Departure {
    memo == .dropped ? .dropped : departures[Int(memo.number) - 1]
  }

  mutating func remove(_ memo: DepartureMemo) -> Departure {
    if memo != .dropped { free.append(memo.number) }
    return self[memo]
  }

  /// What one comes to, with its entry among the sockets that have gone.
  static var cost: Int { MemoryLayout<Departure>.stride + 112 }
}

extension PacketOutcome {
  /// The outcome of a packet that was put together from fragments: what these came to is needed where
  /// it is rewritten.
  func of(_ packet: CapturedPacket, from datagram: [UInt8]?) -> PacketOutcome {
    guard let datagram else { return self }
    var rewrite: PacketRewrite
    switch self {
    case .written, .leftOut: return self
    case .renumbered(let numbers): rewrite = PacketRewrite(packet, numbers)
    case .rewritten(let whole): rewrite = whole
    }
    rewrite.datagram = datagram
    return .rewritten(rewrite)
  }
}
