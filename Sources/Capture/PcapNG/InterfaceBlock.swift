import Buffers
import Wire

/// The interface description block (draft-ietf-opsawg-pcapng, section 4.2).
enum InterfaceBlock {
  enum OptionCode {
    static let end: UInt16 = 0
    static let name: UInt16 = 2
    static let timeResolution: UInt16 = 9
    static let fcsLength: UInt16 = 13
    static let timeOffset: UInt16 = 14
  }

  static func interface(_ body: Fields) throws(BlockProblem) -> CaptureInterface {
    guard body.count >= 8 else { throw BlockProblem("interface block is too short") }
    var interface = CaptureInterface(
      linkType: LinkType(rawValue: UInt32(body.half(0))), snapLength: body.word(4))
    var options = OptionReader(body, from: 8)
    while let option = try options.next() {
      switch (option.code, option.value.count) {
      case (OptionCode.name, _): interface.name = text(body.bytes.extracting(option.value))
      case (OptionCode.timeResolution, 1):
        interface.resolution = TimeResolution(
          rawValue: body.bytes.byte(at: option.value.lowerBound))
      case (OptionCode.fcsLength, 1):
        interface.fcsLength = body.bytes.byte(at: option.value.lowerBound)
      case (OptionCode.timeOffset, 8):
        interface.timeOffset = Int64(bitPattern: body.long(option.value.lowerBound))
      default: break
      }
    }
    return interface
  }

  /// UTF-8, of which some writers count the NUL at the end.
  private static func text(_ bytes: RawSpan) -> String {
    unsafe bytes.withUnsafeBytes { bytes in
      unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
    }
  }
}
