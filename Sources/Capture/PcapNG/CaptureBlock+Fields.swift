import Buffers

extension CaptureBlock {
  /// What lies between the header and the repeated length; empty for a block that was not kept.
  var body: Fields {
    @_lifetime(borrow self) get {
      let end = max(byteCount - BlockHeader.endLength, 0)
      let fields = Fields(
        bytes: bytes.extracting(min(8, end)..<end), isBigEndian: isBigEndian)
      return unsafe _overrideLifetime(fields, borrowing: self)
    }
  }

  /// Whether it is still what was read: the file may have been written anew since.
  var isIntact: Bool {
    guard byteCount >= BlockHeader.minimumLength else { return false }
    let fields = Fields(bytes: bytes, isBigEndian: isBigEndian)
    let length = UInt32(truncatingIfNeeded: byteCount)
    return fields.word(0) == type && fields.word(4) == length
      && fields.word(byteCount - BlockHeader.endLength) == length
  }

  /// Where in its body the options begin.
  var optionsStart: Int {
    switch type {
    case BlockType.section: 16
    case BlockType.interface: 8
    case BlockType.statistics: 12
    case BlockType.secrets where body.count >= 8: 8 + (Int(body.word(4)) + 3) & ~3
    case BlockType.names: endOfNames
    default: byteCount
    }
  }

  /// Behind the record of type 0 that ends them.
  private var endOfNames: Int {
    let body = body
    var offset = 0
    while body.count - offset >= 4 {
      let (type, length) = (body.half(offset), Int(body.half(offset + 2)))
      offset += 4
      if type == 0 { return offset }
      offset += (length + 3) & ~3
    }
    return byteCount
  }

  /// Whether it has an option that is not to be copied into a file with other packets.
  var hasUncopiedOption: Bool { OptionReader(body, from: optionsStart).hasUncopied }

  /// Where in a section header its length stands.
  static let sectionLengthOffset = 16

  /// Whether a section header says how long its section is.
  var saysSectionLength: Bool {
    let end = Self.sectionLengthOffset + 8
    return byteCount >= end
      && Fields(bytes: bytes, isBigEndian: isBigEndian).long(Self.sectionLengthOffset) != .max
  }

  /// A section header that does not.
  var withoutSectionLength: [UInt8] {
    var copy = bytes.array
    for index in Self.sectionLengthOffset..<Self.sectionLengthOffset + 8 where index < copy.count {
      copy[index] = 0xff
    }
    return copy
  }
}

extension OptionReader {
  /// Whether one of the options is not to be copied into a file with other packets.
  fileprivate var hasUncopied: Bool {
    var reader = copy self
    while let option = try? reader.next() {
      if OptionForm.Custom.isNotCopied(option.code) { return true }
    }
    return false
  }
}

extension Frame {
  /// Whether its block is still the one that was read: the file may have been written anew since.
  ///
  /// - Parameter interface: the number of its interface in the section.
  @inline(__always)
  func isIntact(interface: Int) -> Bool {
    let fields = Fields(bytes: recordBytes, isBigEndian: record.isBigEndian)
    let length = UInt32(truncatingIfNeeded: fields.count)
    guard record.isBlock, fields.word(4) == length,
      fields.word(fields.count - BlockHeader.endLength) == length
    else { return false }
    switch record.kind {
    case .enhanced:
      return fields.word(0) == BlockType.enhancedPacket && fields.word(8) == interface
        && fields.word(20) == capturedLength
    case .obsolete:
      return fields.word(0) == BlockType.obsoletePacket && fields.half(8) == interface
        && fields.word(20) == capturedLength
    case .simple: return fields.word(0) == BlockType.simplePacket && interface == 0
    case .none, .pcap, .modifiedPcap: return false
    }
  }

  /// Whether its block has an option that is not to be copied into a file with other packets.
  var hasUncopiedOption: Bool {
    OptionReader(
      Fields(bytes: optionBytes, isBigEndian: record.isBigEndian), from: 0
    ).hasUncopied
  }
}
