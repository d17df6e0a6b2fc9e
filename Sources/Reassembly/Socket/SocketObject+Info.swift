import Sockets
import Wire

extension SocketObject {
  var id: SocketID {
    SocketID(socket: UInt64(place.shard) << 32 | UInt64(place.index), sequence: firstPacket.ordinal)
  }

  /// Whether this direction has had a FIN or a reset.
  func isOver(_ direction: Direction) -> Bool {
    !TCPFlags(rawValue: tcpFlags[direction.index]).isDisjoint(with: [.fin, .rst])
  }

  /// Who is sent what comes in a direction.
  func receiver(of direction: Direction) -> IPAddress {
    let isSecond = flags.contains(.originatorIsSecond) != (direction == .out)
    let (first, second) = key.ends(wide)
    return isSecond ? second.address : first.address
  }

  /// The state of the end that sends in `direction` (RFC 9293 §3.3.2), told from what was seen of
  /// both SYNs and both FINs.
  func state(of direction: Direction) -> TCPState {
    if flags.contains(.udp) { return .closed }
    if endReason == .reset || !checks.isDisjoint(with: .anyReset) { return .closed }
    let own = histories[direction.index].state
    let peer = histories[direction.reversed.index].state
    switch (own.contains(.finSeen), peer.contains(.finReported)) {
    case (false, false): return openingState(own, peer, direction)
    case (false, true): return .closeWait
    case (true, false): return own.contains(.finAcknowledged) ? .finWait2 : .finWait1
    case (true, true):
      guard own.contains(.finAcknowledged) else {
        return flags.contains(.firstFINIsIn) == (direction == .in) ? .closing : .lastAck
      }
      return flags.contains(.firstFINIsIn) == (direction == .in) ? .timeWait : .closed
    }
  }

  private func openingState(
    _ own: StreamHistory.State, _ peer: StreamHistory.State, _ direction: Direction
  ) -> TCPState {
    if flags.contains(.connected) { return .established }
    if own.contains(.synAcknowledged) && peer.contains(.synSeen) { return .established }
    if own.contains(.synSeen) { return peer.contains(.synSeen) ? .synReceived : .synSent }
    return direction == .in ? .listen : .closed
  }
}

// Of the reference: to lend all of a socket to a method, Swift copies it first.
extension SocketReference {
  @inline(__always)
  var info: SocketInfo {
    let (first, second) = element.key.ends(element.wide)
    let isSecond = element.flags.contains(.originatorIsSecond)
    var info = SocketInfo(
      id: element.id, transport: element.flags.contains(.udp) ? .udp : .tcp,
      originator: isSecond ? second : first, responder: isSecond ? first : second,
      vlans: element.key.vlans, tunnel: element.details?.element.tunnel, shard: element.place.shard,
      isMidstream: element.flags.contains(.midstream),
      firstPacket: element.firstPacket, lastSeen: element.lastSeen,
      disconnectReason: element.endReason)
    if isNew {
      if !element.flags.contains(.udp) { info.in.state = .listen }
    } else {
      describe(.out, in: &info.out)
      describe(.in, in: &info.in)
    }
    info.history = ConnectionHistory(
      element.earlyHistory, element.details?.element.lateHistory ?? .init())
    if element.isOver(.out), element.isOver(.in) { info.closed = element.closed }
    if element.details != nil { info.editObstacle = editObstacle }
    return info
  }

  private var editObstacle: EditObstacle? {
    guard let details = element.details else { return nil }
    if element.checks.contains(.signed) {
      let isMD5 = details.element.signature == TCPOptions.Kind.md5Signature
      return isMD5 ? .md5Signature : .authentication
    }
    if details.element.multipath.isInUse { return .multipath }
    return element.checks.contains(.urgent) ? .urgent : nil
  }

  /// Whether nothing was counted yet, as when the socket is attached.
  private var isNew: Bool { element.packets[0] == 0 && element.packets[1] == 0 }

  private func describe(_ direction: Direction, in stream: inout SocketInfo.Stream) {
    let history = element.histories[direction.index]
    stream.state = element.state(of: direction)
    stream.packets = UInt64(element.packets[direction.index])
    stream.frameBytes = element.traffic.frameBytes(direction)
    stream.ipBytes = element.traffic.ipBytes(direction)
    stream.streamBytes = element.positions[direction.index].offset &- history.gapBytes
    if element.checks.contains(.urgent), let details = element.details {
      stream.streamBytes &-= UInt64(details.element.urgent[direction.index].removed)
    }
    stream.sentBytes = sentBytes(element.positions[direction.index], history)
    stream.gaps = history.gaps
    stream.gapBytes = history.gapBytes
    stream.retransmissions = history.retransmissions
    stream.outOfOrder = history.outOfOrder
    stream.tcpFlags = element.tcpFlags[direction.index]
    let offer = element.offers[direction.index]
    if offer.options.contains(.maximumSegmentSize) {
      stream.maximumSegmentSize = offer.maximumSegmentSize
    }
    if offer.options.contains(.windowScale) { stream.windowScale = offer.windowScale }
    stream.sackPermitted = offer.options.contains(.sackPermitted)
    stream.timestampsOffered = offer.options.contains(.timestamps)
  }

  /// What was delivered and given up, and what the receiver acknowledged without its having been
  /// captured. A FIN takes a number, and no byte.
  @inline(__always)
  private func sentBytes(
    _ position: StreamPosition, _ history: borrowing StreamHistory
  ) -> UInt64 {
    if history.state.contains(.finSeen) { return max(position.offset, history.finOffset) }
    if element.flags.contains(.udp) { return position.offset }
    let unseen = position.acknowledged.distance(from: position.next)
    return position.offset &+ UInt64(max(unseen, 0))
  }
}
