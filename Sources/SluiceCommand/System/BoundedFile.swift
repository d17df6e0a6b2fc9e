import Buffers
import Glibc
import Synchronization

/// Reading of small files, bounded so that `/dev/zero` is an error and not the end of memory.
enum BoundedFile {
  static let limit = 16 << 20
  /// The files that were read, each with a descriptor that stays open: without one another file could
  /// have its inode once it is deleted.
  private static let claims = Mutex<[FileKey: InputClaim]>([:])

  /// The content of a file of at most `limit` bytes.
  static func read(_ path: String, limit: Int = limit) throws(ReadError) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw ReadError("\(path): \(SystemError.last)") }
    let staysOpen = claim(descriptor)
    defer { if !staysOpen { close(descriptor) } }
    var content: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 65_536)
    while true {
      let count = unsafe block.withUnsafeMutableBytes {
        unsafe Glibc.read(descriptor, $0.baseAddress, $0.count)
      }
      if count < 0 && errno == EINTR { continue }
      guard count >= 0 else { throw ReadError("\(path): \(SystemError.last)") }
      if count == 0 { return content }
      content += block.prefix(count)
      guard content.count <= limit else {
        throw ReadError("\(path): larger than \(limit >> 20) MiB")
      }
    }
  }

  /// No output overwrites the file, for as long as the program runs.
  ///
  /// - Returns: whether it had not been claimed before, so that the descriptor is to stay open.
  private static func claim(_ descriptor: Int32) -> Bool {
    guard let key = FileKey(descriptor: descriptor) else { return false }
    return claims.withLock { claims in
      if claims[key] != nil { return false }
      claims[key] = InputClaim(key)
      return true
    }
  }

  struct ReadError: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
  }
}
