import Glibc

/// A file that is written from start to end, through a buffer. Every error is thrown, and stays:
/// after one nothing more is written.
@safe
final class OutputFile {
  static let bufferSize = 1 << 20

  /// As it was given; `-` for standard output.
  let name: String
  private let descriptor: Descriptor
  private let buffer: UnsafeMutableRawPointer
  private var used = 0
  private var failure: CaptureError?

  /// Makes the file, or empties one that exists; `-` is standard output.
  init(path: String) throws(CaptureError) {
    name = path
    do throws(SystemError) {
      descriptor = try Self.open(path)
    } catch {
      throw CaptureError(file: path, reason: error.reason)
    }
    unsafe buffer = .allocate(byteCount: Self.bufferSize, alignment: 64)
  }

  deinit { unsafe buffer.deallocate() }

  /// A file is emptied only when it is known to be none of the inputs.
  private static func open(_ path: String) throws(SystemError) -> Descriptor {
    if path == "-" { return Descriptor(borrowing: STDOUT_FILENO) }
    let descriptor = try Descriptor(path: path, flags: O_WRONLY | O_CREAT, mode: 0o666)
    let status = try descriptor.status()
    if InputClaim.covers(status.identity) { throw .isInput }
    if status.isRegular {
      _ = try SystemError.check { ftruncate(descriptor.number, 0) }
    }
    return descriptor
  }

  func append(_ bytes: RawSpan) throws(CaptureError) {
    if let failure { throw failure }
    if bytes.byteCount > Self.bufferSize - used { try flush() }
    if bytes.byteCount > Self.bufferSize { return try writeThrough(bytes) }
    unsafe bytes.withUnsafeBytes { source in
      guard let start = source.baseAddress else { return }
      unsafe (buffer + used).copyMemory(from: start, byteCount: source.count)
    }
    used += bytes.byteCount
  }

  /// Writes out what is buffered.
  func flush() throws(CaptureError) {
    if let failure { throw failure }
    let buffered = unsafe RawSpan(_unsafeStart: buffer, byteCount: used)
    try writeThrough(buffered)
    used = 0
  }

  /// Writes out what is buffered and closes the file.
  func finish() throws(CaptureError) {
    try flush()
    do throws(SystemError) {
      try descriptor.close()
    } catch {
      throw fail(error)
    }
  }

  private func writeThrough(_ bytes: RawSpan) throws(CaptureError) {
    var rest = bytes
    while rest.byteCount > 0 {
      let written = unsafe rest.withUnsafeBytes { bytes in
        unsafe Glibc.write(descriptor.number, bytes.baseAddress, bytes.count)
      }
      if written >= 0 {
        rest = rest.extracting(droppingFirst: written)
      } else if errno == EAGAIN {
        waitForRoom()
      } else if errno != EINTR {
        throw fail(.last)
      }
    }
  }

  /// A terminal or pipe that somebody made non-blocking.
  private func waitForRoom() {
    var request = pollfd(fd: descriptor.number, events: Int16(POLLOUT), revents: 0)
    unsafe poll(&request, 1, 1000)
  }

  private func fail(_ error: SystemError) -> CaptureError {
    let error = CaptureError(file: name, reason: error.reason)
    failure = error
    return error
  }
}
