import Reassembly
import Sockets
import Wire

/// Writes down what a reassembler reports, and sees to it that the contract of `SocketHandler` is
/// kept.
public final class RecordingHandler: SocketHandler {
  /// One socket from its `attached` to its `detached`.
  public final class Socket {
    public let id: SocketID
    public let attachedAt: PacketInfo
    public fileprivate(set) var notes: [Note] = []
    /// As it was at `attached`, and at `detached`.
    public let first: SocketInfo
    public fileprivate(set) var last: SocketInfo?
    fileprivate var hasBegun = false
    fileprivate var offsets: [UInt64] = [0, 0]

    fileprivate init(_ view: SocketView, _ packet: PacketInfo) {
      id = view.id
      first = view.info
      attachedAt = packet
    }
  }

  /// One thing that was reported of a socket.
  public enum Note: Equatable {
    case data(Direction, offset: UInt64, bytes: [UInt8], ordinal: UInt64)
    case event(SocketEvent, ordinal: UInt64)
  }

  public private(set) var sockets: [Socket] = []
  public private(set) var weirds: [Weird: Int] = [:]
  /// The same, one by one.
  public private(set) var notes: [WeirdNote] = []
  /// Breaches of the contract.
  public private(set) var violations: [String] = []
  public private(set) var packets: [UInt64] = []
  private var open: [SocketID: Socket] = [:]
  private var lastOrdinal: UInt64 = 0
  private let interest: SocketInterest
  private let changeInterest: (Direction, [UInt8]) -> SocketInterest?

  public static let everything: SocketInterest = [.dataOut, .dataIn, .events]

  /// - Parameter changeInterest: asked at every chunk.
  public init(
    _ interest: SocketInterest = everything,
    changeInterest: @escaping (Direction, [UInt8]) -> SocketInterest? = { _, _ in nil }
  ) {
    self.interest = interest
    self.changeInterest = changeInterest
  }

  public func attached(_ socket: SocketView, packet: PacketInfo) -> SocketInterest {
    checkOrder(packet)
    if open[socket.id] != nil { violations.append("attached twice: \(socket.id)") }
    let new = Socket(socket, packet)
    open[socket.id] = new
    sockets.append(new)
    return interest
  }

  public func data(
    _ bytes: RawSpan, _ direction: Direction, at offset: UInt64, of socket: SocketView,
    packet: PacketInfo
  ) -> SocketInterest? {
    checkOrder(packet)
    let copy = bytes.withUnsafeBytes { Array($0) }
    guard let known = open[socket.id] else {
      violations.append("data of an unknown socket")
      return nil
    }
    if !known.hasBegun && interest.contains(.events) { violations.append("data before attached") }
    if copy.isEmpty { violations.append("an empty chunk") }
    if !isExpected(offset, known.offsets[direction.index], direction) {
      violations.append("data at \(offset), expected \(known.offsets[direction.index])")
    }
    known.offsets[direction.index] = offset &+ UInt64(copy.count)
    known.notes.append(.data(direction, offset: offset, bytes: copy, ordinal: packet.ordinal))
    return changeInterest(direction, copy)
  }

  public func packet(_ packet: CapturedPacket, of socket: SocketView) {
    packets.append(packet.info.ordinal)
  }

  public func event(
    _ event: SocketEvent, of socket: SocketView, packet: PacketInfo
  ) -> SocketInterest? {
    checkOrder(packet)
    guard let known = open[socket.id] else {
      violations.append("\(event) of an unknown socket")
      return nil
    }
    if (event == .attached) == known.hasBegun { violations.append("\(event) out of place") }
    known.hasBegun = true
    if case .gap(let direction, let offset, let length) = event {
      if !isExpected(offset, known.offsets[direction.index], direction) || length == 0 {
        violations.append("gap \(offset)+\(length), expected \(known.offsets[direction.index])")
      }
      known.offsets[direction.index] = offset &+ length
    }
    known.notes.append(.event(event, ordinal: packet.ordinal))
    if event == .detached {
      known.last = socket.info
      open[socket.id] = nil
    }
    return nil
  }

  public func weird(_ weird: WeirdNote, of socket: SocketView?, packet: PacketInfo) {
    weirds[weird.name, default: 0] += 1
    if let socket, interest.contains(.events), open[socket.id] == nil {
      violations.append("\(weird.name) of an unknown socket")
    }
    notes.append(weird)
  }

  /// Who is not told everything sees offsets jump ahead, but never back.
  private func isExpected(_ offset: UInt64, _ end: UInt64, _ direction: Direction) -> Bool {
    let whole: SocketInterest = direction == .out ? [.dataOut, .events] : [.dataIn, .events]
    return interest.isSuperset(of: whole) ? offset == end : offset >= end
  }

  private func checkOrder(_ packet: PacketInfo) {
    if packet.ordinal < lastOrdinal { violations.append("packet \(packet.ordinal) comes late") }
    lastOrdinal = packet.ordinal
  }

  /// Sockets that were attached and not detached, as far as events tell.
  public var openCount: Int { interest.contains(.events) ? open.count : 0 }
}

extension RecordingHandler.Socket {
  /// What was reported, a line for each event and for each stretch of data: `out 0 hello`.
  public var transcript: [String] {
    var lines: [String] = []
    var end: (direction: Direction, offset: UInt64)?
    for note in notes {
      switch note {
      case .data(let direction, let offset, let bytes, _):
        let text = String(decoding: bytes, as: UTF8.self)
        if let last = end, last.direction == direction, last.offset == offset {
          lines[lines.count - 1] += text
        } else {
          lines.append("\(direction) \(offset) \(text)")
        }
        end = (direction, offset + UInt64(bytes.count))
      case .event(let event, _):
        end = nil
        let direction = event.direction.map { "\($0) " } ?? ""
        switch event {
        case .gap, .shutdown: lines.append("\(direction)\(event)")
        default: lines.append("\(event)")
        }
      }
    }
    return lines
  }

  /// The stream bytes of one direction.
  public func bytes(_ direction: Direction) -> [UInt8] {
    notes.flatMap { note -> [UInt8] in
      if case .data(direction, _, let bytes, _) = note { return bytes }
      return []
    }
  }

  public func text(_ direction: Direction) -> String {
    String(decoding: bytes(direction), as: UTF8.self)
  }

  /// The gaps of one direction: offset and length.
  public func gaps(_ direction: Direction) -> [[UInt64]] {
    notes.compactMap {
      if case .event(.gap(direction, let offset, let length), _) = $0 { return [offset, length] }
      return nil
    }
  }

  public var events: [SocketEvent] {
    notes.compactMap {
      if case .event(let event, _) = $0 { return event }
      return nil
    }
  }

  public func ordinal(of wanted: SocketEvent) -> UInt64? {
    for case .event(wanted, let ordinal) in notes { return ordinal }
    return nil
  }
}
