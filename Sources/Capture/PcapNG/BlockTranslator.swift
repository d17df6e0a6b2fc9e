import Buffers

/// Puts blocks and options of an input into another section: with its byte order, its numbers of
/// interfaces, and without what may not be copied or cannot be turned round. What is left out is
/// counted.
struct BlockTranslator {
  /// Of the section that is written.
  var isBigEndian = false
  /// Whether what is not to be copied into a file with other packets goes, too.
  var dropsUncopied = false
  private(set) var unkept = Unkept()

  mutating func drop(_ kind: Unkept.Kind) { unkept.add(kind) }

  /// The bytes of options, with their end where there are any.
  ///
  /// - Parameters:
  ///   - start: where in the body they begin.
  ///   - isKept: whether an option still says something true.
  mutating func options(
    _ body: Fields, from start: Int, of type: UInt32, where isKept: (UInt16) -> Bool = { _ in true }
  ) -> [UInt8] {
    var result = BlockBytes(isBigEndian: isBigEndian)
    var reader = OptionReader(body, from: start)
    do throws(BlockProblem) {
      while let option = try reader.next() {
        let value = body.bytes.extracting(option.value).array
        if isKept(option.code), let value = translated(value, option.code, of: type, body) {
          result.option(option.code, value)
        } else {
          unkept.add(Unkept.Kind(option: option.code, of: type))
        }
      }
    } catch {
      unkept.add(Unkept.Kind(option: .max, of: type))
    }
    if !result.bytes.isEmpty { result.endOptions() }
    return result.bytes
  }

  private func translated(
    _ value: [UInt8], _ code: UInt16, of type: UInt32, _ body: borrowing Fields
  ) -> [UInt8]? {
    if dropsUncopied && OptionForm.Custom.isNotCopied(code) { return nil }
    if body.isBigEndian == isBigEndian { return value }
    return OptionForm(code, of: type, firstByte: value.first).swapped(value)
  }

  /// The options of a packet's block.
  ///
  /// - Parameter isUnchanged: whether the packet is written as it was.
  mutating func packetOptions(of frame: borrowing Frame, isUnchanged: Bool) -> [UInt8] {
    let kind = frame.record.kind
    guard kind == .enhanced || kind == .obsolete else { return [] }
    let type = kind == .enhanced ? BlockType.enhancedPacket : BlockType.obsoletePacket
    let fields = Fields(bytes: frame.optionBytes, isBigEndian: frame.record.isBigEndian)
    var options: [UInt8] = []
    if fields.count > 0 {
      options = self.options(fields, from: 0, of: type) { isUnchanged || $0 != PacketOption.hash }
    }
    guard kind == .obsolete else { return options }
    let drops = dropCount(of: frame)
    return drops + (drops.isEmpty || !options.isEmpty ? options : [0, 0, 0, 0])
  }

  /// What the old packet block has in a field of its own; 0xFFFF says that it is not known.
  private func dropCount(of frame: borrowing Frame) -> [UInt8] {
    let drops = Fields(bytes: frame.recordBytes, isBigEndian: frame.record.isBigEndian).half(10)
    guard drops != 0 && drops != .max else { return [] }
    var value = BlockBytes(isBigEndian: isBigEndian)
    value.append(UInt64(drops))
    var option = BlockBytes(isBigEndian: isBigEndian)
    option.option(PacketOption.dropCount, value.bytes)
    return option.bytes
  }

  /// The options of a section header.
  mutating func sectionOptions(of block: CaptureBlock) -> [UInt8] {
    options(block.body, from: 16, of: BlockType.section)
  }

  /// Counts the options of a packet's block, none of which is written.
  mutating func dropOptions(of frame: borrowing Frame) {
    guard frame.record.isBlock else { return }
    let type =
      frame.record.kind == .obsolete ? BlockType.obsoletePacket : BlockType.enhancedPacket
    var reader = OptionReader(
      Fields(bytes: frame.optionBytes, isBigEndian: frame.record.isBigEndian), from: 0)
    while let option = try? reader.next() {
      unkept.add(Unkept.Kind(option: option.code, of: type))
    }
    if frame.record.kind == .obsolete, !dropCount(of: frame).isEmpty { unkept.add(.dropCount) }
  }

  /// Counts the options of a block, none of which is written, but for those that say what the file
  /// says in another place: units and offset of time, length of the frame check sequence.
  mutating func dropOptions(of block: CaptureBlock) {
    var reader = OptionReader(block.body, from: block.optionsStart)
    while let option = try? reader.next() {
      let isSaid = block.type == BlockType.interface && [9, 13, 14].contains(option.code)
      if !isSaid { unkept.add(Unkept.Kind(option: option.code, of: block.type)) }
    }
  }

  /// A block that is no section header; `nil` where it cannot be put into another section.
  ///
  /// - Parameter interface: the number that the interface which it speaks of has there.
  mutating func block(_ block: CaptureBlock, interface: Int) -> [UInt8]? {
    let body = block.body
    switch block.type {
    case BlockType.interface: return interfaceBlock(body)
    case BlockType.statistics: return statistics(body, interface)
    case BlockType.names: return names(body)
    case BlockType.secrets: return secrets(body)
    case BlockType.journal: return copy(body, block.type)
    default: return block.isBigEndian == isBigEndian ? copy(body, block.type) : nil
    }
  }

  private func copy(_ body: borrowing Fields, _ type: UInt32) -> [UInt8] {
    var result = BlockBytes(isBigEndian: isBigEndian)
    result.append(body.bytes)
    return result.block(type)
  }

  private mutating func interfaceBlock(_ body: borrowing Fields) -> [UInt8]? {
    guard body.count >= 8 else { return nil }
    var result = BlockBytes(isBigEndian: isBigEndian)
    result.append(body.half(0))
    result.append(body.half(2))
    result.append(body.word(4))
    result.append(options(body, from: 8, of: BlockType.interface))
    return result.block(BlockType.interface)
  }

  private mutating func statistics(_ body: borrowing Fields, _ interface: Int) -> [UInt8]? {
    guard body.count >= 12 else { return nil }
    var result = BlockBytes(isBigEndian: isBigEndian)
    result.append(UInt32(interface))
    result.append(body.word(4))
    result.append(body.word(8))
    result.append(options(body, from: 12, of: BlockType.statistics))
    return result.block(BlockType.statistics)
  }

  /// Records of a type, a length and a padded value, up to one of type 0; then options (section 4.5).
  private mutating func names(_ body: borrowing Fields) -> [UInt8]? {
    var result = BlockBytes(isBigEndian: isBigEndian)
    var offset = 0
    while body.count - offset >= 4 {
      let (type, length) = (body.half(offset), Int(body.half(offset + 2)))
      offset += 4
      result.append(type)
      result.append(UInt16(length))
      if type == 0 {
        result.append(options(body, from: offset, of: BlockType.names))
        return result.block(BlockType.names)
      }
      guard length <= body.count - offset else { return nil }
      result.append(body.bytes.extracting(offset..<offset + length))
      result.pad()
      offset += (length + 3) & ~3
    }
    result.append(UInt32(0))
    return result.block(BlockType.names)
  }

  /// A type, a length, and the padded secrets; then options (section 4.7).
  private mutating func secrets(_ body: borrowing Fields) -> [UInt8]? {
    guard body.count >= 8 else { return nil }
    let length = Int(body.word(4))
    guard length <= body.count - 8 else { return nil }
    var result = BlockBytes(isBigEndian: isBigEndian)
    result.append(body.word(0))
    result.append(UInt32(length))
    result.append(body.bytes.extracting(8..<8 + length))
    result.pad()
    let end = 8 + (length + 3) & ~3
    if end < body.count { result.append(options(body, from: end, of: BlockType.secrets)) }
    return result.block(BlockType.secrets)
  }
}

extension RawSpan {
  /// A copy of the bytes.
  var array: [UInt8] { unsafe withUnsafeBytes { unsafe Array($0) } }
}
