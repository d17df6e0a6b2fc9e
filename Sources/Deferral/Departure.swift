import Injection
import Sockets

/// What is kept of a connection whose streams were changed, or that was dropped, when its socket has
/// gone: what comes later still leaves with the numbers of the changed streams, or not at all.
struct Departure: BitwiseCopyable {
  var isDropped: Bool
  /// By `Direction.index`.
  var streams: [2 of SettledStream]

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

  /// Answers a number that is not 0.
  mutating func add(_ departure: Departure) -> UInt32 {
    if let number = free.popLast() {
      departures[Int(number) - 1] = departure
      return number
    }
    departures.append(departure)
    return UInt32(departures.count)
  }

  subscript(number: UInt32) -> Departure { departures[Int(number) - 1] }

  mutating func remove(_ number: UInt32) -> Departure {
    free.append(number)
    return departures[Int(number) - 1]
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
