import Testing
import Wire

/// RFC 1071 §4.1 word by word: the measure of the fast one.
private func naiveSum(_ bytes: ArraySlice<UInt8>) -> UInt16 {
  var sum: UInt32 = 0
  var index = bytes.startIndex
  while index < bytes.endIndex {
    let low = index + 1 < bytes.endIndex ? UInt32(bytes[index + 1]) : 0
    sum += UInt32(bytes[index]) << 8 | low
    sum = (sum & 0xFFFF) + (sum >> 16)
    index += 2
  }
  return UInt16(sum)
}

@Suite struct ChecksumTests {
  @Test("every length up to 400 at every alignment equals the naive sum")
  func shortLengths() {
    var random = SeededGenerator(seed: 21)
    let bytes = random.bytes(450)
    for length in 0...400 {
      for start in [0, 1, 2, 3, 7, 8, 15, 33] {
        var checksum = Checksum()
        checksum.add(bytes.span.bytes.extracting(start..<(start + length)))
        #expect(checksum.folded == naiveSum(bytes[start..<(start + length)]))
      }
    }
  }

  @Test(
    "random pieces of random data equal the naive sum of the whole",
    arguments: [22, 23] as [UInt64])
  func pieces(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    for _ in 0..<300 {
      let bytes = random.bytes(.random(in: 0...5000, using: &random))
      var checksum = Checksum()
      var offset = 0
      while offset < bytes.count {
        let end = min(bytes.count, offset + Int.random(in: 1...1500, using: &random))
        checksum.add(bytes.span.bytes.extracting(offset..<end), at: offset)
        offset = end
      }
      #expect(checksum.folded == naiveSum(bytes[...]), "seed \(seed)")
    }
  }

  @Test("nothing overflows in a megabyte of ones", arguments: [0xFF, 0xFE, 0x80, 0])
  func carries(byte: UInt8) {
    let bytes = [UInt8](repeating: byte, count: 1 << 20)
    var checksum = Checksum()
    for _ in 0..<3 { checksum.add(bytes.span.bytes) }
    #expect(checksum.folded == naiveSum((bytes + bytes + bytes)[...]))
  }

  @Test("fields count like their bytes")
  func fields() {
    var random = SeededGenerator(seed: 24)
    for _ in 0..<1000 {
      let raw = random.bytes(38)
      let span = raw.span.bytes
      var byFields = Checksum()
      byFields.add(span.load(bigEndianAt: 0, as: UInt16.self))
      byFields.add(span.load(bigEndianAt: 2, as: UInt32.self))
      byFields.add(IPAddress(ipv6: span.load(bigEndianAt: 6), span.load(bigEndianAt: 14)))
      byFields.add(IPAddress(ipv4: span.load(bigEndianAt: 22)))
      byFields.add(span.extracting(26..<38))
      #expect(byFields.folded == naiveSum(raw[...]))
    }
  }

  @Test("the pseudo-header has addresses, protocol and length")
  func pseudoHeader() {
    let four = Checksum.pseudoHeader(
      source: IPAddress(ipv4: 0xC000_0201), destination: IPAddress(ipv4: 0xC633_6402), protocol: 6,
      length: 20)
    #expect(four.folded == naiveSum([UInt8](hex: "c0000201 c6336402 0006 0014")[...]))
    let six = Checksum.pseudoHeader(
      source: IPAddress(ipv6: 0x2001_0DB8 << 32, 1),
      destination: IPAddress(ipv6: 0x2001_0DB8 << 32, 2),
      protocol: 17, length: 0x1_2345)
    let bytes = [UInt8](
      hex: "20010db8000000000000000000000001 20010db8000000000000000000000002 00012345 00000011")
    #expect(six.folded == naiveSum(bytes[...]))
  }

  @Test("an update by the difference equals a new sum, and keeps a wrong checksum wrong")
  func updated() {
    var random = SeededGenerator(seed: 25)
    for _ in 0..<2000 {
      var bytes = random.bytes(60)
      let field = ~naiveSum(bytes[...])
      var old = Checksum()
      old.add(bytes.span.bytes.extracting(20..<28))
      bytes.replaceSubrange(20..<28, with: random.bytes(8))
      var new = Checksum()
      new.add(bytes.span.bytes.extracting(20..<28))
      #expect(Checksum.updated(field, replacing: old, with: new) == ~naiveSum(bytes[...]))
      var wrong = Checksum()
      wrong.add(Checksum.updated(field &+ 5, replacing: old, with: new))
      wrong.add(bytes.span.bytes)
      #expect(wrong.folded != 0xFFFF)
    }
  }
}
