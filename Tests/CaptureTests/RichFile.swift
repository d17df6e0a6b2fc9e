import Support

/// A pcapng file with everything that such a file can say.
enum RichFile {
  static let names: UInt32 = 4
  static let statistics: UInt32 = 5
  static let journal: UInt32 = 9
  static let secrets: UInt32 = 10
  static let custom: UInt32 = 0xbad
  static let customNotCopied: UInt32 = 0x4000_0bad
  static let unknown: UInt32 = 0x8000_0001
  static let packetCount = 6

  /// - Parameter length: what the section header says of the section's length.
  static func section(
    bigEndian: Bool, length: Int64 = -1, time: UInt64 = 1_000, notCopied: Bool = true
  ) -> [UInt8] {
    func word(_ value: UInt32) -> [UInt8] { bytes(value, bigEndian) }
    func long(_ value: UInt64) -> [UInt8] { bytes(value, bigEndian) }
    func half(_ value: UInt16) -> [UInt8] { bytes(value, bigEndian) }
    let notCopiedOption = PcapNGBytes.Option(19372, word(32473) + Array("mine".utf8))
    var file = PcapNGBytes()
    file.section(
      bigEndian: bigEndian, length: length,
      options: [
        .comment("a section"), .init(2, Array("box 7".utf8)), .init(3, Array("Linux".utf8)),
        .init(4, Array("dumpcap".utf8)),
      ])
    file.interface(options: [
      .name("eth7"), .init(3, Array("uplink".utf8)), .init(8, long(1_000_000_000)),
      .resolution(9), .init(11, [0] + Array("tcp port 80".utf8)), .init(12, Array("6.1".utf8)),
      .init(13, [4]), .init(15, Array("NIC".utf8)), .init(40_000, [1, 2, 3]),
    ])
    file.interface(
      linkType: 101, snapLength: 96, options: [.timeOffset(100, bigEndian: bigEndian)])
    file.block(secrets, body: word(0x544c_534b) + word(5) + Array("KEY 1".utf8))
    file.block(names, body: half(1) + half(9) + [10, 0, 0, 1] + Array("shop\0".utf8))
    file.simplePacket(.pattern(13))
    file.packet(
      .pattern(30), stamp: time * 1_000_000_000,
      options: [
        .init(2, word(0x0202)), .comment("look here"), .init(3, [3, 1, 2, 3, 4]),
        .init(4, long(3)),
      ])
    file.block(statistics, body: word(0) + word(0) + word(7) + half(4) + half(8) + long(12))
    file.packet(
      .pattern(7), interface: 1, stamp: time * 1_000_000, original: 1500,
      options: notCopied ? [notCopiedOption, .comment("cut")] : [.comment("cut")])
    file.block(custom, body: word(32473) + Array("private!".utf8))
    if notCopied { file.block(customNotCopied, body: word(32473) + Array("secret".utf8)) }
    file.block(2) {
      $0.append(UInt16(0))
      $0.append(UInt16(5))
      $0.append(UInt32(0))
      $0.append(UInt32(77))
      $0.append(UInt32(3))
      $0.append(UInt32(3))
      // Padding that is no zero.
      for byte: UInt8 in [1, 2, 3, 0xee] { $0.append(byte) }
      $0.append([.init(2, word(1))])
    }
    file.block(journal, body: Array("MESSAGE=x\n".utf8))
    file.block(unknown, body: .pattern(10))
    file.packet(.pattern(4), stamp: (time + 1) * 1_000_000_000)
    file.packet([], stamp: (time + 2) * 1_000_000_000)
    file.block(statistics, body: word(1) + word(0) + word(9))
    return file.bytes
  }

  private static func bytes<Value: FixedWidthInteger>(
    _ value: Value, _ bigEndian: Bool
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(value, bigEndian: bigEndian)
    return bytes
  }
}
