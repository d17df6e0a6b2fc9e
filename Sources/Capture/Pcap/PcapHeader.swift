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
    // The upper half says whether and how long a frame check sequence the frames carry.
    interface = CaptureInterface(
      linkType: LinkType(rawValue: word(20) & 0xffff), snapLength: word(16),
      resolution: isNanoseconds ? .nanoseconds : .microseconds)
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
