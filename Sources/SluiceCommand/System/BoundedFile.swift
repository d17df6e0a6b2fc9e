import Buffers
import Glibc
import Synchronization

/// Reading of small files, bounded so that `/dev/zero` is an error and not the end of memory.
enum BoundedFile {
  static let limit = 16 << 20
  private static let claims = Mutex<[InputClaim]>([])

  /// The content of a file of at most `limit` bytes.
  static func read(_ path: String, limit: Int = limit) throws(ReadError) -> [UInt8] {
    let descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw ReadError("\(path): \(SystemError.last)") }
    defer { close(descriptor) }
    // No output overwrites it, for as long as the program runs.
    if let key = FileKey(descriptor: descriptor) {
      claims.withLock { $0.append(InputClaim(key)) }
    }
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

  struct ReadError: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
  }
}
