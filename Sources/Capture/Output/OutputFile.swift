import Glibc

/// A file that is written from start to end, through blocks that a thread of its own writes out once
/// there are several. Every error is thrown, at the latest by `finish`, and stays: after one nothing
/// more is written.
final class OutputFile {
  /// As it was given; `-` for standard output.
  let name: String
  private let blocks: OutputBlocks
  /// Bytes in the block at hand.
  private var used = 0
  private var failure: CaptureError?

  /// Makes the file, or empties one that exists; `-` is standard output.
  init(path: String) throws(CaptureError) {
    name = path
    do throws(SystemError) {
      blocks = OutputBlocks(try Self.open(path))
    } catch {
      throw CaptureError(file: path, reason: error.reason)
    }
  }

  deinit { blocks.stop() }

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
    if failure == nil, bytes.byteCount <= OutputBlocks.size - used {
      blocks.put(bytes, at: used)
      used += bytes.byteCount
    } else {
      try appendAcross(bytes)
    }
  }

  @inline(never)
  private func appendAcross(_ bytes: RawSpan) throws(CaptureError) {
    if let failure { throw failure }
    var rest = bytes
    while rest.byteCount > 0 {
      if used == OutputBlocks.size { try handOver() }
      let piece = rest.extracting(first: OutputBlocks.size - used)
      blocks.put(piece, at: used)
      used += piece.byteCount
      rest = rest.extracting(droppingFirst: piece.byteCount)
    }
  }

  private func handOver() throws(CaptureError) {
    do throws(SystemError) {
      try blocks.handOver(used)
    } catch {
      throw fail(error)
    }
    used = 0
  }

  /// Writes out what is in blocks and closes the file.
  func finish() throws(CaptureError) {
    if let failure { throw failure }
    do throws(SystemError) {
      try blocks.finish(used)
    } catch {
      throw fail(error)
    }
    used = 0
  }

  private func fail(_ error: SystemError) -> CaptureError {
    let error = CaptureError(file: name, reason: error.reason)
    failure = error
    return error
  }
}
