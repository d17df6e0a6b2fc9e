import Sockets
import Wire

// Whether a receiver would have taken a segment (`-k`).
extension Shard {
  /// Verifies the TCP checksum, where all bytes that it covers were captured.
  @inline(__always)
  mutating func acceptsChecksum(
    of tcp: borrowing TCPSegment, _ dissection: borrowing Dissection, socket: SocketReference?,
    packet: PacketInfo, _ handler: any SocketHandler
  ) -> Bool {
    if dissection.missing > 0 { return true }
    var checksum = pseudoHeader(dissection, .tcp, length: tcp.bytes.byteCount)
    let pseudoSum = checksum.folded
    checksum.add(tcp.bytes)
    if checksum.folded == 0xFFFF {
      if let socket { noteRightChecksum(socket, dissection) }
      return true
    }
    return acceptsWrongChecksum(
      tcp.checksum, pseudoSum: pseudoSum, socket: socket, dissection, packet: packet, handler)
  }

  @inline(__always)
  private mutating func noteRightChecksum(
    _ socket: SocketReference, _ dissection: borrowing Dissection
  ) {
    if socket.element.flags.contains(.plain) { return }
    let direction = socket.element.direction(isReversed: dissection.isReversed)
    socket.element.histories[direction.index].state.insert(.checksummed)
  }

  /// Offload to the network card leaves in the field nothing, or the sum of the pseudo-header for
  /// the card to go on from, in every packet of the capturing host: a direction that has shown a
  /// right checksum is not offloaded.
  @inline(never)
  private mutating func acceptsWrongChecksum(
    _ field: UInt16, pseudoSum: UInt16, socket: SocketReference?,
    _ dissection: borrowing Dissection,
    packet: PacketInfo, _ handler: any SocketHandler
  ) -> Bool {
    var looksOffloaded = field == 0 || field == pseudoSum
    if let socket {
      let direction = socket.element.direction(isReversed: dissection.isReversed)
      if socket.element.histories[direction.index].state.contains(.checksummed) {
        looksOffloaded = false
      }
    }
    if configuration.checksums == .auto, looksOffloaded {
      counts.offloadedChecksums += 1
      return true
    }
    counts.badChecksums += 1
    handler.weird(.badTCPChecksum, packet: packet)
    return false
  }

  /// Verifies the UDP checksum; 0 says that there is none (RFC 768; over IPv6 RFC 6935 allows it).
  mutating func acceptsChecksum(
    of udp: borrowing UDPDatagram, _ dissection: borrowing Dissection, packet: PacketInfo,
    _ handler: any SocketHandler
  ) -> Bool {
    let isCut = dissection.missing > 0
    if udp.checksum == 0 || udp.isTruncated || isCut { return true }
    var checksum = pseudoHeader(dissection, .udp, length: udp.bytes.byteCount)
    let pseudoSum = checksum.folded
    checksum.add(udp.bytes)
    if checksum.folded == 0xFFFF { return true }
    if configuration.checksums == .auto, udp.checksum == pseudoSum {
      counts.offloadedChecksums += 1
      return true
    }
    counts.badChecksums += 1
    handler.weird(.badUDPChecksum, packet: packet)
    return false
  }

  /// The order of the addresses does not matter to a sum.
  @inline(__always)
  private mutating func pseudoHeader(
    _ dissection: borrowing Dissection, _ protocol: IPProtocol, length: Int
  ) -> Checksum {
    var checksum = Checksum()
    if dissection.key.isIPv6 {
      checksum.add(IPAddress(ipv6: dissection.wide.firstHigh, dissection.wide.firstLow))
      checksum.add(IPAddress(ipv6: dissection.wide.secondHigh, dissection.wide.secondLow))
    } else {
      checksum.add(UInt32(truncatingIfNeeded: dissection.key.addresses >> 32))
      checksum.add(UInt32(truncatingIfNeeded: dissection.key.addresses))
    }
    checksum.add(UInt32(`protocol`.rawValue))
    checksum.add(UInt32(truncatingIfNeeded: length))
    return checksum
  }
}
