import Testing
import Wire

private func options(_ bytes: [UInt8]) throws -> [(kind: UInt8, value: [UInt8])] {
  precondition(bytes.count % 4 == 0)
  var header = [UInt8](hex: "04d20050 00000001 00000002 50180200 00000000")
  header[12] = UInt8(5 + bytes.count / 4) << 4
  let whole = header + bytes
  let segment = try TCPSegment(validating: whole.span.bytes)
  var rest = segment.options
  var found: [(kind: UInt8, value: [UInt8])] = []
  while let option = rest.next() { found.append((option.kind, [UInt8](option.value))) }
  return found
}

@Suite struct TCPSegmentTests {
  static let segment = [UInt8](hex: "04d20050 fffffffe 00000002 61d20201 abcd0003 02040564 aabb")

  @Test("all fields are read")
  func fields() throws {
    let segment = try TCPSegment(validating: Self.segment.span.bytes)
    #expect(segment.sourcePort == 1234)
    #expect(segment.destinationPort == 80)
    #expect(segment.sequence == SequenceNumber(0xFFFF_FFFE))
    #expect(segment.acknowledgment == SequenceNumber(2))
    #expect(segment.headerLength == 24)
    #expect(segment.flags.rawValue == 0xD2)
    #expect(segment.window == 0x0201)
    #expect(segment.checksum == 0xABCD)
    #expect(segment.urgentPointer == 3)
    #expect([UInt8](segment.payload) == [0xAA, 0xBB])
  }

  @Test("every cut of the header is an error that says what is needed")
  func cuts() {
    for count in 0...26 {
      let found = wireError { () throws(WireError) in
        let segment = try TCPSegment(validating: Self.segment.span.bytes.extracting(first: count))
        #expect(segment.payload.byteCount == count - 24)
      }
      let needed = count < 20 ? 20 : 24
      #expect(found == (count < 24 ? .truncated(.tcp, needed: needed, available: count) : nil))
    }
  }

  @Test(
    "selective acknowledgements are told where they usually stand, and only there",
    arguments: [
      ("0101050a 00000001 00000004", 20, true),
      ("01010512 00000001 00000004 00000006 00000008", 20, true),
      ("0101080a 00000001 00000002 0101050a 00000001 00000004", 32, true),
      ("0101080a 00000001 00000002 0101050a 00000001 00000004", 20, false),
      ("0101080a 00000001 00000002", 32, false), ("0101080a 00000001 00000002", 20, false),
      ("01010512 00000001 00000004", 20, false), ("0101050a 00000001 00000004 01010101", 20, false),
      ("050a0000 00010000 00040101", 20, false), ("01010502", 20, false), ("", 20, false),
    ] as [(String, Int, Bool)])
  func selectiveAcknowledgments(options: String, offset: Int, isThere: Bool) throws {
    let options = [UInt8](hex: options)
    var bytes = [UInt8](hex: "04d20050 00000001 00000002 50100200 00000000") + options
    bytes[12] = UInt8(5 + options.count / 4) << 4
    let segment = try TCPSegment(validating: bytes.span.bytes)
    #expect(segment.endsWithSelectiveAcknowledgments(at: offset) == isThere)
  }

  @Test("a data offset below 5 is malformed", arguments: [0, 1, 4] as [UInt8])
  func dataOffset(words: UInt8) {
    var bytes = Self.segment
    bytes[12] = words << 4
    let found = wireError { () throws(WireError) in _ = try TCPSegment(validating: bytes.span.bytes)
    }
    #expect(found == .malformed(.tcp, .dataOffset))
  }
}

@Suite struct TCPOptionsTests {
  @Test(
    "options are walked over padding to the end of the list",
    arguments: [
      ("", []), ("01010101", []), ("00020405", []), ("02040564", [2]),
      ("01030307 04020000", [3, 4]),
      ("0101080a 00000001 00000002", [8]), ("01010500 02040564", []), ("02040564 01010501", [2]),
      ("02040564 05ffffff", [2]), ("01010102", []), ("fe020101 03030701", [254, 3]),
    ] as [(String, [UInt8])])
  func kinds(text: String, expected: [UInt8]) throws {
    #expect(try options([UInt8](hex: text)).map(\.kind) == expected)
  }

  @Test("an option's value is without kind and length")
  func values() throws {
    let found = try options([UInt8](hex: "0101080a 01020304 05060708 04020101"))
    #expect(found.map(\.value) == [[1, 2, 3, 4, 5, 6, 7, 8], []])
  }

  @Test("what the list writes is read back, and a full list refuses")
  func built() throws {
    var list = TCPOptionList()
    #expect(list.byteCount == 0)
    let block = SACKBlock(left: SequenceNumber(1), right: SequenceNumber(0x8000_0002))
    var accepted = [
      list.appendMaximumSegmentSize(1460), list.appendSACKPermitted(),
      list.appendTimestamps(value: 0x0102_0304, echo: 0xFFFF_FFFE), list.appendNoOperation(),
      list.appendWindowScale(7),
    ]
    #expect(list.byteCount == 20)
    accepted.append(list.appendSACK([block].span))
    #expect(list.byteCount == 32)
    var refused = [list.appendSACK([block, block].span), list.appendSACK([SACKBlock]().span)]
    accepted.append(
      list.append(kind: 254, value: ([1, 2, 3, 4, 5, 6, 7, 8] as [UInt8]).span.bytes))
    refused += [
      list.appendNoOperation(), list.appendSACKPermitted(),
      list.append(raw: ([1] as [UInt8]).span.bytes),
    ]
    #expect(accepted.allSatisfy { $0 })
    #expect(!refused.contains(true))
    #expect(list.byteCount == 40)

    var bytes = [UInt8](repeating: 0xEE, count: 40)
    bytes.withBuffer { list.write(to: &$0, at: 0) }
    let found = try options(bytes)
    #expect(found.map(\.kind) == [2, 4, 8, 3, 5, 254])
    #expect(found[0].value == [0x05, 0xB4])
    #expect(found[2].value == [1, 2, 3, 4, 0xFF, 0xFF, 0xFF, 0xFE])
    #expect(found[4].value == [0, 0, 0, 1, 0x80, 0, 0, 2])
    list.removeAll()
    #expect(list.byteCount == 0)
  }

  @Test("padding behind the last option ends the list")
  func padding() throws {
    var list = TCPOptionList()
    list.appendWindowScale(2)
    var bytes = [UInt8](repeating: 0xEE, count: 4)
    bytes.withBuffer { list.write(to: &$0, at: 0) }
    #expect(bytes == [3, 3, 2, 0])
  }
}

@Suite struct UDPDatagramTests {
  @Test(
    "the Length field cuts, truncates, or is absent",
    arguments: [
      ("0035 c001 000a 1234 aabb 0000", 2, false), ("0035 c001 0008 1234 aabb", 0, false),
      ("0035 c001 000b 1234 aabb", 2, true), ("0035 c001 0000 1234 aabbcc", 3, false),
      ("0035 c001 ffff 1234", 0, true),
    ])
  func lengths(text: String, payload: Int, truncated: Bool) throws {
    let bytes = [UInt8](hex: text)
    let datagram = try UDPDatagram(validating: bytes.span.bytes)
    #expect(datagram.payload.byteCount == payload)
    #expect(datagram.isTruncated == truncated)
    #expect(datagram.sourcePort == 53)
    #expect(datagram.destinationPort == 0xC001)
    #expect(datagram.checksum == 0x1234)
  }

  @Test("lying and cut headers are errors")
  func lies() {
    func error(_ hex: String) -> WireError? {
      let bytes = [UInt8](hex: hex)
      return wireError { () throws(WireError) in _ = try UDPDatagram(validating: bytes.span.bytes) }
    }
    #expect(error("") == .truncated(.udp, needed: 8, available: 0))
    #expect(error("0035c001000812") == .truncated(.udp, needed: 8, available: 7))
    #expect(error("0035c00100071234") == .malformed(.udp, .totalLength))
    #expect(error("0035c00100011234") == .malformed(.udp, .totalLength))
  }
}
