import Sockets
import Wire

extension SocketObject {
  var id: SocketID {
    SocketID(socket: UInt64(place.shard) << 32 | UInt64(place.index), sequence: firstPacket.ordinal)
  }

  var info: SocketInfo {
    let (first, second) = key.ends(wide)
    let isSecond = flags.contains(.originatorIsSecond)
    var info = SocketInfo(
      id: id, transport: flags.contains(.udp) ? .udp : .tcp,
      originator: isSecond ? second : first, responder: isSecond ? first : second,
      vlans: key.vlans, tunnel: details?.element.tunnel, shard: place.shard,
      isMidstream: flags.contains(.midstream),
      firstPacket: firstPacket, lastSeen: lastSeen, disconnectReason: endReason)
    if isNew {
      if !flags.contains(.udp) { info.in.state = .listen }
    } else {
      describe(.out, in: &info.out)
      describe(.in, in: &info.in)
    }
    info.history = ConnectionHistory(earlyHistory, details?.element.lateHistory ?? .init())
    if isOver(.out), isOver(.in) { info.closed = closed }
    if details != nil { info.editObstacle = editObstacle }
    return info
  }

  private var editObstacle: EditObstacle? {
    guard let details else { return nil }
    if checks.contains(.signed) {
      let isMD5 = details.element.signature == TCPOptions.Kind.md5Signature
      return isMD5 ? .md5Signature : .authentication
    }
    if details.element.multipath.isInUse { return .multipath }
    return checks.contains(.urgent) ? .urgent : nil
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

  /// Whether nothing was counted yet, as when the socket is attached.
  private var isNew: Bool { packets[0] == 0 && packets[1] == 0 }

  private func describe(_ direction: Direction, in stream: inout SocketInfo.Stream) {
    let history = histories[direction.index]
    stream.state = state(of: direction)
    stream.packets = UInt64(packets[direction.index])
    stream.frameBytes = traffic.frameBytes(direction)
    stream.ipBytes = traffic.ipBytes(direction)
    stream.streamBytes = positions[direction.index].offset &- history.gapBytes
    if checks.contains(.urgent), let details {
      stream.streamBytes &-= UInt64(details.element.urgent[direction.index].removed)
    }
    stream.sentBytes = sentBytes(positions[direction.index], history)
    stream.gaps = history.gaps
    stream.gapBytes = history.gapBytes
    stream.retransmissions = history.retransmissions
    stream.outOfOrder = history.outOfOrder
    stream.tcpFlags = tcpFlags[direction.index]
    let offer = offers[direction.index]
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
    if flags.contains(.udp) { return position.offset }
    let unseen = position.acknowledged.distance(from: position.next)
    return position.offset &+ UInt64(max(unseen, 0))
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
