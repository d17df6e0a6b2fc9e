public import Buffers
import CPcap
import Glibc
import Synchronization
import Wire

/// Packets of a network interface as they come, through libpcap.
@safe
public final class LiveSource: PacketSource {
  public let name: String
  public let interfaces: [CaptureInterface]
  private let handle: LiveHandle
  /// The frames of the current batch, copied: libpcap's own are gone with the next one.
  private let memory: UnsafeMutableRawPointer
  private var ordinal: UInt64 = 0
  private var bytesRead: UInt64 = 0
  private var failure: String?
  private var isDrained = false
  /// Nanoseconds since 1970 when the end was asked for, 0 before.
  private let endTime = Atomic<Int64>(0)

  private static let memorySize = 16 * LiveHandle.snapLength
  /// So long after the end the kernel has handed out what came before it.
  private static let grace = 2 * Int64(LiveHandle.patience) * 1_000_000

  /// - Parameter filter: an expression for the kernel; what does not match never comes.
  public init(interface: String, filter: String? = nil) throws(CaptureError) {
    name = interface
    handle = try LiveHandle(interface)
    if let filter { try handle.setFilter(filter) }
    interfaces = [
      CaptureInterface(
        linkType: handle.linkType, snapLength: UInt32(LiveHandle.snapLength),
        resolution: handle.isNanoseconds ? .nanoseconds : .microseconds, name: interface)
    ]
    unsafe memory = .allocate(byteCount: Self.memorySize, alignment: 64)
  }

  deinit { unsafe memory.deallocate() }

  /// Asks for the end: what came before it is still handed out. May be called on any thread.
  public func end() {
    _ = endTime.compareExchange(expected: 0, desired: Self.now, ordering: .relaxed)
  }

  public var isLive: Bool { true }

  public var progress: (read: UInt64, total: UInt64?) { (bytesRead, nil) }

  public func captureName(ofInterface index: Int) -> String? { nil }

  public var damages: [CaptureDamage] {
    failure.map { [CaptureDamage(file: name, byteOffset: nil, reason: $0)] } ?? []
  }

  public var omissions: Omissions { handle.losses }

  public func fill(_ batch: inout FrameBatch) -> Bool {
    batch.removeAll()
    take(into: &batch)
    if !batch.isEmpty { return true }
    let end = endTime.load(ordering: .relaxed)
    if failure != nil || isDrained || end != 0 && Self.now > end + Self.grace { return false }
    handle.wait()
    take(into: &batch)
    return true
  }

  /// Takes what is there, without waiting.
  private func take(into batch: inout FrameBatch) {
    let end = endTime.load(ordering: .relaxed)
    var used = 0
    while !batch.isFull, !isDrained, Self.memorySize - used >= LiveHandle.snapLength {
      switch handle.next() {
      case .nothing: return
      case .failed(let reason):
        failure = reason
        return
      case .packet(let packet):
        if end != 0 && packet.nanoseconds > end {
          isDrained = true
        } else {
          unsafe batch.append(frame(packet, at: memory + used))
          // The next one begins at a cache line.
          used += (packet.capturedLength + 63) & ~63
        }
      }
    }
  }

  private func frame(_ packet: LivePacket, at place: UnsafeMutableRawPointer) -> Frame {
    unsafe place.copyMemory(from: packet.bytes, byteCount: packet.capturedLength)
    ordinal &+= 1
    bytesRead &+= UInt64(packet.capturedLength)
    let unit: Int64 = handle.isNanoseconds ? 1 : 1000
    return unsafe Frame(
      base: place, capturedLength: packet.capturedLength, originalLength: packet.originalLength,
      timestamp: Timestamp(nanoseconds: packet.nanoseconds),
      stamp: UInt64(bitPattern: packet.nanoseconds / unit), interface: 0, ordinal: ordinal,
      linkType: handle.linkType)
  }

  private static var now: Int64 {
    var time = timespec()
    unsafe clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
