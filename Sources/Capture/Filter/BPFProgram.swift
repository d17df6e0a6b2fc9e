public import Buffers
import CPcap
import Synchronization
public import Wire

/// A filter expression in the language of tcpdump (pcap-filter(7)), compiled for one link type.
///
/// Matching reads the program and changes nothing, so any number of threads may share one.
/// Compiling is serialised here: libpcap's compiler kept its state in globals for most of its life.
@safe
public final class BPFProgram: @unchecked Sendable {
  public let expression: String
  public let linkType: LinkType
  private let program: UnsafeMutablePointer<bpf_program>

  private static let compiler = Mutex(())

  /// - Parameters:
  ///   - expression: an empty one matches everything.
  ///   - snapLength: the longest frame that it will see; 0 for no limit.
  public init(
    expression: String, linkType: LinkType, snapLength: UInt32 = 0
  ) throws(FilterError) {
    self.expression = expression
    self.linkType = linkType
    unsafe program = .allocate(capacity: 1)
    unsafe program.initialize(to: bpf_program())
    let reason = Self.compiler.withLock { _ in
      unsafe Self.compile(expression, linkType, snapLength, into: program)
    }
    // All properties are set, so that deinit frees the program of an init that throws as well.
    if let reason { throw FilterError(expression: expression, reason: reason) }
  }

  deinit {
    unsafe pcap_freecode(program)
    unsafe program.deallocate()
  }

  /// Whether a frame of this program's link type matches.
  public func matches(_ frame: borrowing Frame) -> Bool {
    let wireLength = UInt32(clamping: frame.originalLength)
    return unsafe frame.bytes.withUnsafeBytes { bytes in
      // Of an empty frame nothing is read, whatever the address.
      let start = unsafe bytes.baseAddress ?? UnsafeRawPointer(program)
      return unsafe bpf_filter(
        program.pointee.bf_insns, start.assumingMemoryBound(to: UInt8.self), wireLength,
        UInt32(clamping: bytes.count)) != 0
    }
  }

  /// Returns what is wrong, in one clause.
  private static func compile(
    _ expression: String, _ linkType: LinkType, _ snapLength: UInt32,
    into program: UnsafeMutablePointer<bpf_program>
  ) -> String? {
    if expression.utf8.contains(0) { return "contains a NUL byte" }
    let limit = snapLength == 0 ? CaptureLimits.ordinaryLength : Int(snapLength)
    guard
      let handle = unsafe pcap_open_dead(
        linkType.dataLinkType, Int32(clamping: limit))
    else { return "no memory" }
    defer { unsafe pcap_close(handle) }
    let anyNetmask: UInt32 = 0xffff_ffff
    let result = unsafe pcap_compile(handle, program, expression, 1, anyNetmask)
    if result == 0 { return nil }
    let message = unsafe String(cString: pcap_geterr(handle))
    return message.isEmpty ? "cannot be compiled" : message
  }
}

/// Why a filter expression cannot be used.
public struct FilterError: Error, Hashable, Sendable, CustomStringConvertible {
  public var expression: String
  /// One clause, mostly libpcap's own.
  public var reason: String

  public init(expression: String, reason: String) {
    self.expression = expression
    self.reason = reason
  }

  public var description: String { "filter '\(expression)': \(reason)" }
}

extension LinkType {
  /// The DLT number that libpcap knows a LINKTYPE by; the two differ where systems disagreed
  /// before files had numbers of their own (tcpdump.org/linktypes.html).
  var dataLinkType: Int32 {
    switch rawValue {
    case 14, 101: 12  // raw IP
    case 100: 11  // ATM
    case 102: 15  // SLIP of BSD/OS
    case 103: 16  // PPP of BSD/OS
    case 106: 19  // classical IP over ATM
    default: Int32(truncatingIfNeeded: rawValue)
    }
  }

  /// The LINKTYPE number of a DLT number of an interface of Linux.
  init(dataLinkType: Int32) {
    self = dataLinkType == 12 ? .raw : Self(rawValue: UInt32(truncatingIfNeeded: dataLinkType))
  }
}
