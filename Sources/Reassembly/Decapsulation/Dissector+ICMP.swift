import Wire

extension Dissector {
  /// An ICMP message. An error is of the conversation whose packet it quotes; everything else, and an
  /// error that makes no sense, is of none.
  func dissectICMP(
    _ bytes: RawSpan, _ source: IPAddress, _ destination: IPAddress, _ protocol: IPProtocol,
    _ result: inout Dissection
  ) {
    result.kind = .otherProtocol
    let message = bytes.extracting(result.transportOffset..<result.end)
    guard let error = try? ICMPError(validating: message, `protocol`) else { return }
    guard hasRightChecksum(error, source, destination, `protocol`, result) else {
      result.kind = .badICMPChecksum
      return
    }
    if `protocol` == .icmp {
      guard let packet = try? IPv4Packet(validating: error.quote), packet.fragmentOffset == 0
      else { return }
      guard packet.source == destination else { return }
      takeQuote(packet.payload, packet.source, packet.destination, packet.protocol, &result)
    } else {
      guard let packet = try? IPv6Packet(validating: error.quote), packet.fragmentOffset == 0,
        let place = try? IPv6Packet.followChain(
          in: packet.bytes, at: packet.payloadOffset, packet.protocol)
      else { return }
      guard packet.source == destination else { return }
      takeQuote(
        packet.bytes.extracting(droppingFirst: place.offset), packet.source, packet.destination,
        place.protocol, &result)
    }
    guard result.kind == .icmpError else { return }
    if error.isPacketTooBig {
      result.kind = .pathMTU
      result.icmpValue = error.mtu
    } else {
      result.icmpValue = UInt32(error.type) << 8 | UInt32(error.code)
    }
  }

  /// Makes the key from a quoted packet, when it is one of a socket. Its first 8 bytes are sure to be
  /// there (RFC 792), which are the ports and, of TCP, the sequence number.
  ///
  /// An error is sent to who has sent the packet: one that quotes somebody else's is forged.
  private func takeQuote(
    _ header: RawSpan, _ source: IPAddress, _ destination: IPAddress, _ protocol: IPProtocol,
    _ result: inout Dissection
  ) {
    guard `protocol` == .tcp || `protocol` == .udp, header.byteCount >= 8 else { return }
    setKey(source, destination, header.load(bigEndianAt: 0), `protocol`, &result)
    result.sequence = SequenceNumber(header.load(bigEndianAt: 4))
    result.kind = .icmpError
  }

  /// That of ICMPv6 covers a pseudo-header (RFC 4443 §2.3).
  private func hasRightChecksum(
    _ error: borrowing ICMPError, _ source: IPAddress, _ destination: IPAddress,
    _ protocol: IPProtocol, _ result: borrowing Dissection
  ) -> Bool {
    guard verifiesChecksums, result.missing == 0 else { return true }
    // As offload leaves it.
    if error.checksum == 0, checksums == .auto { return true }
    var sum = Checksum()
    if `protocol` == .icmpv6 {
      sum = .pseudoHeader(
        source: source, destination: destination, protocol: `protocol`.rawValue,
        length: error.bytes.byteCount)
    }
    sum.add(error.bytes)
    return sum.folded == 0xFFFF
  }
}
