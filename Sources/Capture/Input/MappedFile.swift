import Buffers
import CSystem
import Glibc

/// A whole file in memory, read only. Pages that go away while it is read become zeros, and
/// `missing` says so; nothing raises SIGBUS.
@safe
final class MappedFile {
  let base: UnsafeRawPointer
  let count: Int
  private let identity: FileStatus.Identity
  private let place: Place
  private let guardSlot: Int32
  private let readAhead: ReadAhead?

  /// Where to ask for its size.
  private enum Place {
    case descriptor(Descriptor)
    case path(String)
  }

  /// `nil` where it cannot be mapped or guarded; it can still be streamed then.
  ///
  /// - Parameters:
  ///   - path: where the file is found again, if it is not to hold its descriptor.
  ///   - mapped: how much of it is in memory at a time, about.
  init?(_ descriptor: Descriptor, _ status: FileStatus, path: String?, mapped: Int) {
    let count = status.size
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
    identity = status.identity
    place = path.map(Place.path) ?? .descriptor(descriptor)
    guardSlot = slot
    let extent = ReadAhead.Extent(mapped)
    readAhead =
      unsafe count >= extent.smallestFile
      ? ReadAhead(mapping, count: count, extent) : nil
  }

  deinit {
    readAhead?.end()
    csystem_guard_remove(guardSlot)
    unsafe munmap(UnsafeMutableRawPointer(mutating: base), count)
  }

  /// Tells how far it has been read.
  @inline(__always)
  func reached(_ position: Int) { readAhead?.reached(position) }

  /// Whether a page could not be read since the file was mapped.
  var hasFault: Bool { csystem_guard_fault(guardSlot) >= 0 }

  /// Nothing more is read from its front to its end.
  func stopReadingAhead() { readAhead?.stop() }

  /// Where the file ends now, or could not be read any more; `nil` while it is as long as it was.
  func missing() -> (offset: Int, reason: String)? {
    let size = currentSize ?? count
    if size < count { return (size, "the file shrank from \(count) bytes while it was read") }
    let fault = csystem_guard_fault(guardSlot)
    guard fault >= 0 else { return nil }
    return (fault, "the file could not be read here, or was written anew")
  }

  /// `nil` when it is not known: another file stands at the path by now.
  private var currentSize: Int? {
    let status: FileStatus? =
      switch place {
      case .descriptor(let descriptor): try? descriptor.status()
      case .path(let path): try? FileStatus(path: path)
      }
    return status?.identity == identity ? status?.size : nil
  }
}
