public import Buffers
public import Capture

extension PacketSource {
  /// Writes everything that is read to a sink, blocks that are no packets in their places.
  public func copy(
    to sink: any PacketSink, _ likeness: Likeness = .identical, batch capacity: Int = 64
  ) throws {
    sink.begin(interfaces, likeness)
    var batch = FrameBatch(capacity: capacity)
    batch.keepsBlocks = true
    while fill(&batch) {
      var blocks = batch.blocks[...]
      for index in 0...batch.count {
        while let block = blocks.first, block.position <= index {
          try sink.write(block, interfaces: interfaces)
          blocks.removeFirst()
        }
        if index < batch.count { try sink.write(batch[index], interfaces: interfaces) }
      }
    }
    try sink.finish()
  }
}

/// The blocks of a pcapng file, as a test looks at them. Wrong lengths, and numbers of interfaces that
/// do not exist, are `nil`.
public struct PcapNGBlocks {
  public struct Block: Hashable {
    public var type: UInt32
    public var isBigEndian: Bool
    /// All of it.
    public var bytes: [UInt8]

    /// A word of 32 bits in the byte order of the section, by its place in the block.
    public func word(_ offset: Int) -> UInt32 {
      bytes[offset..<offset + 4].reduce(0) { isBigEndian ? $0 << 8 | UInt32($1) : $0 }
        | (isBigEndian
          ? 0 : bytes[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) })
    }

    /// The options from an offset on: their codes and values.
    public func options(from start: Int) -> [PcapNGBytes.Option] {
      var options: [PcapNGBytes.Option] = []
      var offset = start
      while offset + 4 <= bytes.count - 4 {
        let word = self.word(offset)
        let (code, length) = isBigEndian ? (word >> 16, word & 0xffff) : (word & 0xffff, word >> 16)
        if code == 0 { break }
        let value = bytes[offset + 4..<offset + 4 + Int(length)]
        options.append(PcapNGBytes.Option(UInt16(code), Array(value)))
        offset += 4 + (Int(length) + 3) & ~3
      }
      return options
    }
  }

  public private(set) var blocks: [Block] = []

  public init?(_ bytes: [UInt8]) {
    var offset = 0
    var isBigEndian = false
    var interfaces = 0
    while offset < bytes.count {
      guard bytes.count - offset >= 12 else { return nil }
      if Array(bytes[offset..<offset + 4]) == [10, 13, 13, 10] {
        isBigEndian = bytes[offset + 8] == 0x1a
        interfaces = 0
      }
      var block = Block(
        type: 0, isBigEndian: isBigEndian, bytes: Array(bytes[offset..<offset + 8]))
      let length = Int(block.word(4))
      guard length % 4 == 0, length >= 12, length <= bytes.count - offset else { return nil }
      block = Block(
        type: block.word(0), isBigEndian: isBigEndian,
        bytes: Array(bytes[offset..<offset + length]))
      guard block.word(length - 4) == length else { return nil }
      switch block.type {
      case 1: interfaces += 1
      case 3: if interfaces == 0 { return nil }
      case 5, 6: if block.word(8) >= interfaces { return nil }
      default: break
      }
      blocks.append(block)
      offset += length
    }
  }

  public func of(_ type: UInt32) -> [Block] { blocks.filter { $0.type == type } }
}
