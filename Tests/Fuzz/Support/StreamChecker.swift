import Reassembly
import Sockets
import Support
import Wire

/// A handler that holds the reassembler to its contract: the order of events, each once, and that
/// data and gaps cover each direction without a hole or an overlap.
final class StreamChecker: SocketHandler {
  private(set) var weirds: [Weird: Int] = [:]
  /// What UDP sockets were given, in order.
  private(set) var datagrams: [[UInt8]] = []
  private let interest: Scene.Interest
  /// Whether each byte of TCP says which sequence number it has (`SequenceText`).
  private let checksText: Bool
  private var life: [SocketID: SocketLife] = [:]
  private var lastOrdinal: UInt64 = 0
  private var delivered: UInt64 = 0
  private var finding: Finding?

  /// A handler, and what the reassembler counted.
  struct Result {
    var checker: StreamChecker
    var counts: ReassemblyCounts
  }

  private init(_ interest: Scene.Interest, checksText: Bool) {
    self.interest = interest
    self.checksText = checksText
  }

  /// Reassembles the frames of a scene to the end and throws the first finding.
  @discardableResult
  static func run(
    _ scene: Scene, linkType: LinkType, checksText: Bool = false
  ) throws -> Result {
    let checker = StreamChecker(scene.interest, checksText: checksText)
    let reassembler = WholeReassembly(scene.configuration, to: checker)
    scene.withBatches(linkType: linkType) { batch in
      reassembler.take(&batch)
    }
    reassembler.finish()
    let counts = reassembler.counts
    try checker.checkEnd(counts)
    try require(reassembler.heldBytes == 0, "\(reassembler.heldBytes) bytes held at the end")
    return Result(checker: checker, counts: counts)
  }

  private func checkEnd(_ counts: ReassemblyCounts) throws {
    if let finding { throw finding }
    let alive = life.values.filter { !$0.isDetached && $0.interest.contains(.events) }.count
    try require(alive == 0, "\(alive) sockets were never detached")
    let made = counts.tcpSockets + counts.udpSockets
    try require(made == UInt64(life.count), "\(made) sockets counted, \(life.count) attached")
    guard interest == .all else { return }
    try require(
      counts.streamBytes == delivered, "\(counts.streamBytes) bytes counted, \(delivered) came")
    let gaps = life.values.reduce(0) { $0 &+ $1.gapBytes }
    try require(counts.gapBytes == gaps, "\(counts.gapBytes) bytes of gaps counted, \(gaps) came")
  }

  private func check(_ socket: SocketView, _ body: (inout SocketLife) throws -> Void) {
    guard finding == nil else { return }
    do {
      guard life[socket.id] != nil else { throw Finding(description: "a socket nobody attached") }
      try body(&life[socket.id, default: SocketLife([])])
    } catch {
      finding = error as? Finding ?? Finding(description: "\(error)")
    }
  }

  func attached(_ socket: SocketView, packet: PacketInfo) -> SocketInterest {
    if life[socket.id] != nil { finding = Finding(description: "attached twice") }
    lastOrdinal = max(lastOrdinal, packet.ordinal)
    var wanted: SocketInterest = [.dataOut, .dataIn, .events]
    if interest == .mixed {
      wanted = SocketInterest(rawValue: UInt8(truncatingIfNeeded: socket.firstOrdinal &* 7) & 15)
    }
    life[socket.id] = SocketLife(wanted)
    return wanted
  }

  func data(
    _ bytes: RawSpan, _ direction: Direction, at offset: UInt64, of socket: SocketView,
    packet: PacketInfo
  ) -> SocketInterest? {
    var changed: SocketInterest?
    let transport = socket.info.transport
    check(socket) { life in
      try life.data(bytes, direction, at: offset)
      if checksText, transport == .tcp { try life.checkText(bytes, direction, at: offset) }
      delivered &+= UInt64(bytes.byteCount)
      if interest == .waning, life.chunks >= 3 {
        life.interest.subtract([.dataOut, .dataIn])
        changed = life.interest
      }
    }
    if transport == .udp { datagrams.append(bytes.withUnsafeBytes { Array($0) }) }
    return changed
  }

  func event(
    _ event: SocketEvent, of socket: SocketView, packet: PacketInfo
  ) -> SocketInterest? {
    let info = socket.info
    check(socket) { try $0.event(event, info, isExact: interest == .all) }
    return nil
  }

  func packet(_ packet: CapturedPacket, of socket: SocketView) {
    check(socket) {
      try require($0.interest.contains(.packets), "a packet that nobody wanted")
    }
  }

  func weird(_ weird: WeirdNote, of socket: SocketView?, packet: PacketInfo) {
    weirds[weird.name, default: 0] += 1
  }
}
