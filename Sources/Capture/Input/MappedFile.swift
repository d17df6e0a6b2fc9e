import CSystem
import Glibc

/// A whole file in memory, read only. Pages that go away while it is read become zeros, and
/// `missing` says so; nothing raises SIGBUS.
@safe
final class MappedFile {
  let base: UnsafeRawPointer
  let count: Int
  private let descriptor: Descriptor
  private let guardSlot: Int32
  private let readAhead: ReadAhead?

  /// `nil` where it cannot be mapped or guarded; it can still be streamed then.
  init?(_ descriptor: Descriptor, count: Int) {
    let mapping = unsafe mmap(nil, count, PROT_READ, MAP_PRIVATE, descriptor.number, 0)
    guard let mapping = unsafe mapping, unsafe mapping != MAP_FAILED else { return nil }
    let slot = unsafe csystem_guard_add(mapping, count)
    guard slot >= 0 else {
      unsafe munmap(mapping, count)
      return nil
    }
    unsafe madvise(mapping, count, MADV_SEQUENTIAL)
    unsafe base = UnsafeRawPointer(mapping)
    self.count = count
    self.descriptor = descriptor
    guardSlot = slot
    readAhead = unsafe count >= ReadAhead.smallestFile ? ReadAhead(mapping, count: count) : nil
  }

  deinit {
    readAhead?.stop()
    csystem_guard_remove(guardSlot)
    unsafe munmap(UnsafeMutableRawPointer(mutating: base), count)
  }

  /// Tells how far it has been read.
  @inline(__always)
  func reached(_ position: Int) { readAhead?.reached(position) }

  /// Whether a page could not be read since the file was mapped.
  var hasFault: Bool { csystem_guard_fault(guardSlot) >= 0 }

  /// Where the file ends now, or could not be read any more; `nil` while it is as long as it was.
  func missing() -> CaptureDamage? {
    let size = (try? descriptor.status().size) ?? count
    if size < count {
      return CaptureDamage(
        byteOffset: UInt64(size), reason: "the file shrank from \(count) bytes while it was read")
    }
    let fault = csystem_guard_fault(guardSlot)
    guard fault >= 0 else { return nil }
    return CaptureDamage(
      byteOffset: UInt64(fault), reason: "the file could not be read here, or was written anew")
  }
}
