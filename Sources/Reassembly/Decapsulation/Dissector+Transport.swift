import Wire

extension Dissector {
  /// Takes the fields of a TCP header. `bytes` are the captured ones of the IP payload.
  @inline(__always)
  func dissectTCP(_ bytes: RawSpan, _ result: inout Dissection) {
    guard let segment = try? TCPSegment(validating: bytes) else {
      result.kind = .malformedTCP
      return
    }
    result.headerLength = segment.headerLength
    result.flags = segment.flags
    result.window = segment.window
    if segment.window == 0 { result.closesWindow = true }
    result.sequence = segment.sequence
    result.acknowledgment = segment.acknowledgment
    if result.flags.contains(.syn) {
      result.offer = offer(segment.options)
      if result.offer.options.contains(.other) || segment.reservedBits != 0 { result.isOdd = true }
    } else {
      if !segment.isAcknowledgmentAlone { result.isOdd = true }
      if segment.headerLength > 20 { takeOptions(segment, &result) }
    }
    if verifiesChecksums, result.missing == 0 {
      result.checksum = verify(bytes, field: segment.checksum, .tcp, result)
    }
  }

  /// Timestamps where they usually stand (RFC 7323 appendix A), as most segments have.
  @inline(__always)
  private func takeOptions(_ segment: TCPSegment, _ result: inout Dissection) {
    if segment.headerLength == 32, segment.hasAlignedTimestamps {
      result.timestamp = segment.alignedTimestamp
      result.hasTimestamp = true
    } else {
      takeOtherOptions(segment, &result)
    }
  }

  /// Selective acknowledgements, behind timestamps or alone; any other options are odd.
  @inline(never)
  private func takeOtherOptions(_ segment: TCPSegment, _ result: inout Dissection) {
    let hasTimestamp = segment.headerLength > 32 && segment.hasAlignedTimestamps
    guard segment.endsWithSelectiveAcknowledgments(at: hasTimestamp ? 32 : 20) else {
      result.isOdd = true
      return
    }
    result.hasSelectiveAcknowledgments = true
    if hasTimestamp {
      result.timestamp = segment.alignedTimestamp
      result.hasTimestamp = true
    }
  }

  /// Of several options of a kind the last one counts, as it does to a host that reads one after the
  /// other.
  @inline(never)
  private func offer(_ options: TCPOptions) -> TCPOffer {
    var options = options
    var offer = TCPOffer()
    while let option = options.next() {
      switch (option.kind, option.value.byteCount) {
      case (TCPOptions.Kind.maximumSegmentSize, 2):
        offer.options.insert(.maximumSegmentSize)
        offer.maximumSegmentSize = option.value.load(bigEndianAt: 0)
      case (TCPOptions.Kind.windowScale, 1):
        offer.options.insert(.windowScale)
        // More than 14 is 14 (RFC 7323 §2.3).
        offer.windowScale = min(option.value.byte(at: 0), 14)
        if option.value.byte(at: 0) > 14 { offer.options.formUnion([.excessiveScale, .other]) }
      case (TCPOptions.Kind.sackPermitted, 0): offer.options.insert(.sackPermitted)
      case (TCPOptions.Kind.timestamps, 8): offer.options.insert(.timestamps)
      case (TCPOptions.Kind.fastOpenCookie, _): offer.options.insert(.fastOpen)
      default: offer.options.insert(.other)
      }
    }
    if options.isMalformed { offer.options.insert(.other) }
    return offer
  }

  /// Takes the fields of the UDP header at `result.transportOffset`.
  @inline(never)
  func dissectUDP(_ bytes: RawSpan, _ result: inout Dissection) {
    let captured = bytes.extracting(result.transportOffset..<result.end)
    guard let datagram = try? UDPDatagram(validating: captured) else {
      result.kind = .malformedUDP
      return
    }
    result.headerLength = 8
    result.end = result.transportOffset &+ datagram.bytes.byteCount
    if let kind = Self.tunnel(from: datagram.sourcePort, to: datagram.destinationPort),
      dissectTunnel(kind, bytes, &result)
    {
      return
    }
    // 0 says that there is none (RFC 768; over IPv6 RFC 6935 allows it).
    if verifiesChecksums, result.missing == 0, datagram.checksum != 0, !datagram.isTruncated {
      result.checksum = verify(datagram.bytes, field: datagram.checksum, .udp, result)
    }
  }

  @inline(__always)
  private func verify(
    _ bytes: RawSpan, field: UInt16, _ protocol: IPProtocol, _ result: borrowing Dissection
  ) -> Dissection.ChecksumFinding {
    var checksum = Checksum()
    // The order of the addresses does not matter to a sum.
    // Nor do the zeros before an IPv4 address that is kept like one of IPv6.
    if result.key.isWide {
      checksum.add(IPAddress(ipv6: result.wide.firstHigh, result.wide.firstLow))
      checksum.add(IPAddress(ipv6: result.wide.secondHigh, result.wide.secondLow))
    } else {
      checksum.add(UInt32(truncatingIfNeeded: result.key.addresses >> 32))
      checksum.add(UInt32(truncatingIfNeeded: result.key.addresses))
    }
    checksum.add(UInt32(`protocol`.rawValue))
    checksum.add(UInt32(truncatingIfNeeded: bytes.byteCount))
    let pseudoSum = checksum.folded
    checksum.add(bytes)
    if checksum.folded == 0xFFFF { return .right }
    return field == 0 || field == pseudoSum ? .offloaded : .wrong
  }
}
