/// Right checksums for headers that have been written or changed in place.
extension MutableRawSpan {
  /// Makes the checksum of the IPv4 header at `offset` right.
  public mutating func updateIPv4Checksum(at offset: Int, headerLength: Int) {
    store(UInt16(0), bigEndianAt: offset + 10)
    var checksum = Checksum()
    checksum.add(bytes.extracting(offset..<(offset + headerLength)))
    store(checksum.complemented, bigEndianAt: offset + 10)
  }

  /// Makes the checksum of the TCP segment right that fills `length` bytes at `offset`.
  public mutating func updateTCPChecksum(
    at offset: Int, length: Int, source: IPAddress, destination: IPAddress
  ) {
    store(UInt16(0), bigEndianAt: offset + 16)
    var checksum = Checksum.pseudoHeader(
      source: source, destination: destination, protocol: IPProtocol.tcp.rawValue, length: length)
    checksum.add(bytes.extracting(offset..<(offset + length)))
    store(checksum.complemented, bigEndianAt: offset + 16)
  }

  /// Makes the checksum of the UDP datagram right that fills `length` bytes at `offset`. A sum of 0
  /// is written as all ones, for 0 means none (RFC 768).
  public mutating func updateUDPChecksum(
    at offset: Int, length: Int, source: IPAddress, destination: IPAddress
  ) {
    store(UInt16(0), bigEndianAt: offset + 6)
    var checksum = Checksum.pseudoHeader(
      source: source, destination: destination, protocol: IPProtocol.udp.rawValue, length: length)
    checksum.add(bytes.extracting(offset..<(offset + length)))
    let value = checksum.complemented
    store(value == 0 ? 0xFFFF : value, bigEndianAt: offset + 6)
  }
}
