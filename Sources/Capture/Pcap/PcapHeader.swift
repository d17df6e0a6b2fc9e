import Buffers
import Wire

/// The 24 bytes at the start of a pcap file (draft-ietf-opsawg-pcap, section 4).
struct PcapHeader: Hashable {
  static let length = 24

  var isBigEndian: Bool
  /// Nanoseconds in a unit of the records' fractions: 1000 or 1.
  var fractionUnit: Int64
  /// 16, or 24 in the modified format of Alexey Kuznetsov's patches to libpcap.
  var recordHeaderLength: Int
  var lengthOrder: LengthOrder
  var interface: CaptureInterface

  /// Old versions wrote the original length first (libpcap's `sf-pcap.c` has the story).
  enum LengthOrder {
    case capturedFirst, originalFirst
    /// Version 2.3 had both; the smaller one is the captured length.
    case smallerFirst
  }

  struct Problem: Error {
    /// One clause.
    var reason: String
  }

  private enum Magic {
    static let microseconds: UInt32 = 0xa1b2_c3d4
    static let nanoseconds: UInt32 = 0xa1b2_3c4d
    static let modified: UInt32 = 0xa1b2_cd34
    static let all = [microseconds, nanoseconds, modified]
  }

  static func hasMagic(_ bytes: [UInt8]) -> Bool {
    guard bytes.count >= 4 else { return false }
    let magic = unsafe bytes.span.bytes.load(bigEndianAt: 0, as: UInt32.self)
    return Magic.all.contains(magic) || Magic.all.contains(magic.byteSwapped)
  }

  /// - Parameter bytes: the start of a file with one of the magics.
  init(_ bytes: [UInt8]) throws(Problem) {
    guard bytes.count >= Self.length else {
      throw Problem(reason: "pcap header cut off: \(bytes.count) of \(Self.length) bytes")
    }
    let span = unsafe bytes.span.bytes
    let isBigEndian = Magic.all.contains(span.load(bigEndianAt: 0, as: UInt32.self))
    func word(_ offset: Int) -> UInt32 {
      isBigEndian ? span.load(bigEndianAt: offset) : span.load(littleEndianAt: offset)
    }
    func half(_ offset: Int) -> UInt16 {
      isBigEndian ? span.load(bigEndianAt: offset) : span.load(littleEndianAt: offset)
    }
    self.isBigEndian = isBigEndian
    let isNanoseconds = word(0) == Magic.nanoseconds
    fractionUnit = isNanoseconds ? 1 : 1000
    recordHeaderLength = word(0) == Magic.modified ? 24 : 16
    lengthOrder = Self.lengthOrder(major: half(4), minor: half(6))
    interface = CaptureInterface(
      linkType: LinkType(rawValue: word(20) & 0xffff), snapLength: word(16),
      resolution: isNanoseconds ? .nanoseconds : .microseconds,
      fcsLength: Self.fcsLength(in: word(20)))
    interface.pcapHeader = Array(bytes.prefix(Self.length))
  }

  private static let fcsFlag: UInt32 = 0x0400_0000

  /// The upper half of the link type field says whether frames carry a frame check sequence, and how
  /// long it is. Files have it in bytes, and where the draft is followed in words of 16 bits; that of
  /// Ethernet has 4 bytes.
  private static func fcsLength(in field: UInt32) -> UInt8? {
    guard field & fcsFlag != 0 else { return nil }
    let length = UInt8(field >> 28)
    let isEthernet = LinkType(rawValue: field & 0xffff) == .ethernet
    return isEthernet && length > 0 ? 4 : length
  }

  /// The link type field for frames that carry a check sequence of this length.
  static func field(_ linkType: LinkType, fcsLength: UInt8?) -> UInt32 {
    guard let fcsLength, fcsLength < 16, linkType.rawValue <= 0xffff else {
      return linkType.rawValue
    }
    return linkType.rawValue | fcsFlag | UInt32(fcsLength) << 28
  }

  /// Versions that nobody has defined are read like 2.4: the checks of the records notice it if
  /// they are something else.
  private static func lengthOrder(major: UInt16, minor: UInt16) -> LengthOrder {
    switch (major, minor) {
    case (2, 0..<3), (543, _): .originalFirst
    case (2, 3): .smallerFirst
    default: .capturedFirst
    }
  }
}
