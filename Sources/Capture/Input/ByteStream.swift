import Glibc

/// Bytes that come one after the other: a pipe, standard input, the content of a gzip file.
protocol ByteStream: AnyObject {
  /// Fills a part of the memory, at least one byte of it.
  func read(into memory: UnsafeMutableRawBufferPointer) -> ReadOutcome
}

enum ReadOutcome: Equatable {
  case bytes(Int)
  /// Nothing has come within a moment. Whoever asked should look whether to go on.
  case nothingYet
  case end
  /// One clause about what went wrong.
  case failed(String)
}

/// What can be read from a descriptor.
final class DescriptorStream: ByteStream {
  /// How long a read waits for a pipe before it says `nothingYet`.
  static let patience: Int32 = 100

  private let descriptor: Descriptor
  private let mayWait: Bool
  private(set) var bytesRead = 0

  /// - Parameter mayWait: the descriptor is no regular file.
  init(_ descriptor: Descriptor, mayWait: Bool) {
    self.descriptor = descriptor
    self.mayWait = mayWait
  }

  func read(into memory: UnsafeMutableRawBufferPointer) -> ReadOutcome {
    if mayWait && !descriptor.waitForInput(milliseconds: Self.patience) { return .nothingYet }
    let count = unsafe Glibc.read(descriptor.number, memory.baseAddress, memory.count)
    if count > 0 {
      bytesRead += count
      return .bytes(count)
    }
    if count == 0 { return .end }
    if errno == EINTR || errno == EAGAIN { return .nothingYet }
    return .failed("cannot be read any further: \(SystemError.last.reason)")
  }
}
