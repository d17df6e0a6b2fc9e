import Reassembly
import Sockets
import Wire

/// A TCP connection that is judged. What a sender did is held against what it sent before and what
/// the other end had said; all state is on one of the two sides.
final class Connection {
  let ledger: Ledger
  let originator: SocketInfo.Endpoint
  private let responder: SocketInfo.Endpoint
  private let vlans: VLANTags
  private let tunnel: Tunnel?
  private let first: PacketInfo
  private let serial: UInt64
  /// What the originator sends, and what the responder does.
  var sides = [StreamSide(), StreamSide()]
  var lastPacket: PacketInfo
  /// A SYN inside of the connection, and who sent it.
  var pendingSYN: (segment: Segment, direction: Direction)?
  private var countedHoles = 0
  private var counts: [Complaint.Name: UInt64] = [:]

  init(_ segment: Segment, _ serial: UInt64, _ ledger: Ledger) {
    self.ledger = ledger
    self.serial = serial
    let isAnswer = segment.opens && segment.acknowledges
    originator = isAnswer ? segment.view.destination : segment.view.source
    responder = isAnswer ? segment.view.source : segment.view.destination
    vlans = segment.view.vlans
    tunnel = segment.view.tunnel
    first = segment.packet
    lastPacket = segment.packet
  }

  func direction(of segment: Segment) -> Direction {
    segment.view.source == originator ? .out : .in
  }

  // MARK: a segment

  /// Judges a segment of this connection, and takes it into account as the receiver would.
  func take(_ segment: Segment, _ bytes: RawSpan) {
    let direction = direction(of: segment)
    sides[direction.index].packets += 1
    defer {
      lastPacket = segment.packet
      countHoles()
    }
    guard hasUsableChecksum(segment) else { return }
    if segment.view.missing > 0 { note(.truncated, segment) }
    if segment.opens {
      guard opens(segment, direction) else { return }
    } else if segment.flags.contains(.rst) {
      return judgeReset(segment, direction)
    }
    if isOfEarlier(segment, direction) { return note(.earlierConnection, segment) }
    if !sides[direction.index].isOpen {
      sides[direction.index].open(at: segment.view.sequence)
    }
    if sides[direction.index].isReset, segment.length > 0 {
      return note(.dataAfterReset, segment, [.init("length", segment.length)])
    }
    judgeTimestamps(segment, direction)
    judgeSize(segment, direction)
    judgeSequence(segment, direction, bytes)
    if segment.acknowledges {
      judgeAcknowledgment(segment, direction)
      judgeEcho(segment, direction)
    }
  }

  private func countHoles() {
    let count = sides[0].holes.all.count + sides[1].holes.all.count
    ledger.holes += count - countedHoles
    countedHoles = count
  }

  private func hasUsableChecksum(_ segment: Segment) -> Bool {
    switch segment.view.checksum {
    case .notVerified, .right: return true
    case .offloaded where ledger.options.checksums == .auto,
      .wrong where ledger.options.checksums == .auto && segment.view.isAggregate:
      note(.checksumOffload, segment)
      return true
    case .wrong, .offloaded:
      // A host does not take it.
      note(.badChecksum, segment)
      return false
    }
  }

  /// A segment must fit what the peer takes, options included (RFC 9293 §3.7.1, RFC 6691).
  private func judgeSize(_ segment: Segment, _ direction: Direction) {
    guard let most = sides[direction.reversed.index].maximumSegmentSize, most > 0,
      segment.view.length + segment.options.length > Int(most), !segment.opens
    else { return }
    // One byte and more than an Ethernet carries: the work of a card or a kernel.
    if segment.view.isAggregate { return note(.aggregate, segment) }
    note(
      .mssExceeded, segment,
      [
        .init("length", segment.length), .init("options", Int64(segment.options.length)),
        .init("mss", Int64(most)),
      ])
  }

  // MARK: complaints

  func note(_ name: Complaint.Name, _ segment: Segment, _ figures: [Complaint.Figure] = []) {
    note(name, segment.packet, direction(of: segment), figures)
  }

  func note(
    _ name: Complaint.Name, _ packet: PacketInfo, _ direction: Direction?,
    _ figures: @autoclosure () -> [Complaint.Figure] = []
  ) {
    let count = counts[name, default: 0] + 1
    counts[name] = count
    ledger.add(name, count: count) {
      Complaint(
        name: name, packet: packet, direction: direction, figures: figures(), socket: socket,
        ends: nil, count: count)
    }
  }

  private var socket: SocketInfo {
    SocketInfo(
      id: SocketID(socket: serial, sequence: serial), transport: .tcp, originator: originator,
      responder: responder, vlans: vlans, tunnel: tunnel, shard: 0, isMidstream: isMidstream,
      firstPacket: first, lastSeen: lastPacket.timestamp, disconnectReason: nil, out: .init(),
      in: .init())
  }

  var isMidstream: Bool { !sides[0].hasSYN && !sides[1].hasSYN }

  func noteForgotten() { note(.connectionForgotten, lastPacket, nil) }

  // MARK: kept bytes

  var hasBytes: Bool { sides[0].bytes != nil || sides[1].bytes != nil }

  func letGoOfBytes() {
    for index in sides.indices {
      guard let bytes = sides[index].bytes else { continue }
      ledger.room += StreamBytes.cost(ofCapacity: bytes.capacity)
      sides[index].bytes = nil
    }
  }

  // MARK: the end

  /// Nothing more comes: what waited to be explained is not.
  func settle() {
    for direction in Direction.allCases { settle(direction) }
    if let pendingSYN {
      note(.synInside, pendingSYN.segment.packet, pendingSYN.direction)
      self.pendingSYN = nil
    }
    if isMidstream { ledger.counts.midstream += 1 }
    if sides[0].packets == 0 || sides[1].packets == 0 { ledger.counts.oneSided += 1 }
    letGoOfBytes()
    countHoles()
  }

  private func settle(_ direction: Direction) {
    while !sides[direction.index].holes.isEmpty {
      settle(sides[direction.index].holes.removeFirst(), direction)
    }
    for claim in sides[direction.index].claims { refuse(claim, of: direction) }
    sides[direction.index].claims = []
    if let overrun = sides[direction.index].overrun { refuse(overrun, direction) }
    sides[direction.index].overrun = nil
    if let awaited = sides[direction.index].clock.awaited {
      note(
        .echoUnseen, awaited.packet, direction.reversed,
        [.init("echo", Int64(awaited.value))])
    }
    sides[direction.index].clock.awaited = nil
  }

  func settle(_ hole: Holes.Hole, _ direction: Direction) {
    note(
      hole.isAcknowledged ? .sequenceGap : .unfilledHole, hole.packet, direction,
      [.init("offset", hole.range.lowerBound), .init("length", Int64(hole.range.count))])
  }
}
