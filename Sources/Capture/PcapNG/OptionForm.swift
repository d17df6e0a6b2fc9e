import Buffers

/// What is known of the value of an option: how it is turned into the other byte order.
enum OptionForm {
  /// Text, addresses, single bytes: the same in both orders.
  case bytes
  /// Words of so many bytes one behind the other.
  case words(Int)
  /// So many single bytes, then words.
  case mixed(prefix: Int, words: Int)
  /// The number of an enterprise, then text.
  case enterpriseText
  /// Nobody knows, or the enterprise alone does.
  case unknown

  enum Custom {
    static let text: UInt16 = 2988
    static let bytes: UInt16 = 2989
    static let textNotCopied: UInt16 = 19372
    static let bytesNotCopied: UInt16 = 19373

    /// Whether an option is not to be copied into a file with other packets.
    static func isNotCopied(_ code: UInt16) -> Bool {
      code == textNotCopied || code == bytesNotCopied
    }
  }

  /// Comments mean the same in all blocks (draft-ietf-opsawg-pcapng, section 3.5), other numbers have
  /// their meaning by the block.
  init(_ code: UInt16, of type: UInt32, firstByte: UInt8?) {
    switch code {
    case 1: self = .bytes
    case Custom.text, Custom.textNotCopied: self = .enterpriseText
    case Custom.bytes, Custom.bytesNotCopied: self = .unknown
    default:
      switch type {
      case BlockType.section: self = (2...4).contains(code) ? .bytes : .unknown
      case BlockType.interface: self = Self.ofInterface(code, firstByte)
      case BlockType.enhancedPacket, BlockType.obsoletePacket: self = Self.ofPacket(code, firstByte)
      case BlockType.statistics: self = Self.ofStatistics(code)
      case BlockType.names: self = (2...4).contains(code) ? .bytes : .unknown
      default: self = .unknown
      }
    }
  }

  /// Section 4.2.
  private static func ofInterface(_ code: UInt16, _ firstByte: UInt8?) -> Self {
    switch code {
    // Name, description, addresses, resolution, operating system, FCS, hardware, time zone's name.
    case 2...7, 9, 12, 13, 15, 18: .bytes
    // Speeds, offset of time.
    case 8, 14, 16, 17: .words(8)
    case 10: .words(4)
    // A filter as text; of the others, a program for BPF, the order is not defined.
    case 11: firstByte == 0 ? .bytes : .unknown
    default: .unknown
    }
  }

  /// Section 4.3, and appendix A, whose numbers are the same.
  private static func ofPacket(_ code: UInt16, _ firstByte: UInt8?) -> Self {
    switch code {
    case PacketOption.flags, 6, 8: .words(4)
    case PacketOption.hash: .bytes
    case PacketOption.dropCount, 5: .words(8)
    // A verdict of hardware, or of eBPF's TC and XDP.
    case 7: firstByte == 0 ? .bytes : .mixed(prefix: 1, words: 8)
    default: .unknown
    }
  }

  /// Section 4.6.
  private static func ofStatistics(_ code: UInt16) -> Self {
    switch code {
    case 2, 3: .words(4)
    case 4...8: .words(8)
    default: .unknown
    }
  }

  /// A value in the other byte order; `nil` where that is not known.
  func swapped(_ value: [UInt8]) -> [UInt8]? {
    switch self {
    case .bytes: value
    case .words(let size): Self.swapped(value, from: 0, size)
    case .mixed(let prefix, let size): Self.swapped(value, from: prefix, size)
    case .enterpriseText: value.count >= 4 ? value[..<4].reversed() + value[4...] : nil
    case .unknown: nil
    }
  }

  private static func swapped(_ value: [UInt8], from prefix: Int, _ size: Int) -> [UInt8]? {
    guard value.count >= prefix, (value.count - prefix) % size == 0 else { return nil }
    var result = Array(value[..<prefix])
    for start in stride(from: prefix, to: value.count, by: size) {
      result += value[start..<start + size].reversed()
    }
    return result
  }
}

/// The options of packet blocks that have a name here.
enum PacketOption {
  static let flags: UInt16 = 2
  static let hash: UInt16 = 3
  static let dropCount: UInt16 = 4
}

extension Unkept.Kind {
  /// What an option is, for whoever misses it.
  init(option code: UInt16, of type: UInt32) {
    switch (type, code) {
    case (BlockType.section, 1): self = .sectionComment
    case (BlockType.section, _): self = .sectionOption
    case (BlockType.interface, _): self = .interfaceOption
    case (BlockType.enhancedPacket, 1), (BlockType.obsoletePacket, 1): self = .packetComment
    case (BlockType.enhancedPacket, PacketOption.flags),
      (BlockType.obsoletePacket, PacketOption.flags):
      self = .packetFlags
    case (BlockType.enhancedPacket, PacketOption.hash),
      (BlockType.obsoletePacket, PacketOption.hash):
      self = .hash
    case (BlockType.enhancedPacket, PacketOption.dropCount): self = .dropCount
    case (BlockType.enhancedPacket, _), (BlockType.obsoletePacket, _): self = .packetOption
    default: self = .blockOption
    }
  }

  init(block type: UInt32) {
    switch type {
    case BlockType.section: self = .sectionOption
    case BlockType.interface: self = .interfaceOption
    case BlockType.names: self = .names
    case BlockType.statistics: self = .statistics
    case BlockType.secrets: self = .secrets
    case BlockType.custom, BlockType.customNotCopied: self = .custom
    default: self = .otherBlock
    }
  }
}
