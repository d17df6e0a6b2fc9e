import CPcap
import Glibc
import Wire

/// An interface that is open for capturing: libpcap's handle.
@safe
final class LiveHandle {
  /// As in tcpdump: no frame is longer.
  static let snapLength = CaptureLimits.ordinaryLength
  /// How many milliseconds packets may wait in the kernel for others, and a reader for packets.
  static let patience: Int32 = 100
  /// Where packets wait while the analysis is busy.
  private static let kernelBuffer: Int32 = 32 << 20

  let name: String
  let linkType: LinkType
  let isNanoseconds: Bool
  private let handle: OpaquePointer

  init(_ name: String) throws(CaptureError) {
    self.name = name
    let handle = try unsafe Self.activated(name)
    unsafe self.handle = handle
    linkType = unsafe LinkType(dataLinkType: pcap_datalink(handle))
    isNanoseconds = unsafe pcap_get_tstamp_precision(handle) == PCAP_TSTAMP_PRECISION_NANO
  }

  deinit { unsafe pcap_close(handle) }

  private static func activated(_ name: String) throws(CaptureError) -> OpaquePointer {
    var message = [CChar](repeating: 0, count: Int(PCAP_ERRBUF_SIZE))
    guard let handle = unsafe pcap_create(name, &message) else {
      throw CaptureError(file: name, reason: PcapText.clause(message))
    }
    unsafe pcap_set_snaplen(handle, Int32(snapLength))
    unsafe pcap_set_promisc(handle, 1)
    unsafe pcap_set_timeout(handle, patience)
    unsafe pcap_set_buffer_size(handle, kernelBuffer)
    unsafe pcap_set_tstamp_precision(handle, PCAP_TSTAMP_PRECISION_NANO)
    // More than 0 is a warning, such as an interface that cannot be made promiscuous.
    let result = unsafe pcap_activate(handle)
    if result >= 0, unsafe pcap_setnonblock(handle, 1, &message) == 0 { return unsafe handle }
    let reason = unsafe reason(result, handle)
    unsafe pcap_close(handle)
    throw CaptureError(file: name, reason: reason)
  }

  private static func reason(_ result: Int32, _ handle: OpaquePointer) -> String {
    switch result {
    case PCAP_ERROR_PERM_DENIED, PCAP_ERROR_PROMISC_PERM_DENIED:
      "no permission to capture; run as root or with the capability CAP_NET_RAW"
    case PCAP_ERROR_NO_SUCH_DEVICE: "no such interface"
    case PCAP_ERROR_IFACE_NOT_UP: "the interface is not up"
    default: unsafe PcapText.error(of: handle) ?? String(cString: pcap_statustostr(result))
    }
  }

  /// Lets the kernel hand out only what matches.
  func setFilter(_ expression: String) throws(CaptureError) {
    var program = unsafe bpf_program()
    // Without a netmask, as the interface may have none or several.
    let anyNetmask: UInt32 = 0xffff_ffff
    var result = unsafe pcap_compile(handle, &program, expression, 1, anyNetmask)
    if result == 0 {
      result = unsafe pcap_setfilter(handle, &program)
      unsafe pcap_freecode(&program)
    }
    if result != 0 {
      let reason = unsafe PcapText.error(of: handle) ?? "cannot be used"
      throw CaptureError(file: name, reason: "filter '\(expression)': \(reason)")
    }
  }

  enum Outcome {
    case packet(LivePacket)
    case nothing
    case failed(String)
  }

  /// The next packet that is there. Its bytes are gone with the one after it.
  func next() -> Outcome {
    var header: UnsafeMutablePointer<pcap_pkthdr>?
    var bytes: UnsafePointer<UInt8>?
    let result = unsafe pcap_next_ex(handle, &header, &bytes)
    guard result >= 0 else {
      return unsafe .failed(PcapText.error(of: handle) ?? "nothing can be captured any more")
    }
    guard result > 0, let header = unsafe header?.pointee, let bytes = unsafe bytes else {
      return .nothing
    }
    return unsafe .packet(LivePacket(header, bytes, unit: isNanoseconds ? 1 : 1000))
  }

  /// Waits for packets, for a moment or until a signal comes.
  func wait() {
    var request = unsafe pollfd(
      fd: pcap_get_selectable_fd(handle), events: Int16(POLLIN), revents: 0)
    _ = unsafe poll(&request, 1, Self.patience)
  }

  /// What was not captured since the start.
  var losses: Omissions {
    var omissions = Omissions()
    var statistics = pcap_stat()
    if unsafe pcap_stats(handle, &statistics) == 0 {
      omissions.droppedByKernel = UInt64(statistics.ps_drop)
      omissions.droppedByInterface = UInt64(statistics.ps_ifdrop)
    }
    return omissions
  }
}

/// A packet that lies in libpcap's memory.
@safe
struct LivePacket {
  let bytes: UnsafePointer<UInt8>
  let capturedLength: Int
  let originalLength: Int
  /// Since 1970.
  let nanoseconds: Int64

  /// - Parameter unit: nanoseconds in a unit of the fraction.
  @unsafe
  fileprivate init(_ header: pcap_pkthdr, _ bytes: UnsafePointer<UInt8>, unit: Int64) {
    unsafe self.bytes = bytes
    capturedLength = min(Int(header.caplen), LiveHandle.snapLength)
    originalLength = Int(header.len)
    nanoseconds =
      Int64(header.ts.tv_sec) &* 1_000_000_000 &+ Int64(header.ts.tv_usec) &* unit
  }
}

/// What libpcap says, in the form that messages have.
enum PcapText {
  static func clause(_ message: [CChar]) -> String {
    let bytes = message.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    let text = String(decoding: bytes, as: UTF8.self)
    return text.isEmpty ? "cannot be opened" : text
  }

  /// `nil` when it says nothing.
  @unsafe
  static func error(of handle: OpaquePointer) -> String? {
    let text = unsafe String(cString: pcap_geterr(handle))
    return text.isEmpty ? nil : text
  }
}
