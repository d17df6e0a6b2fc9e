import Buffers
import Glibc

/// A file that is written from start to end, through blocks that a thread of its own writes out once
/// there are several. Every error is thrown, at the latest by `finish`, and stays: after one nothing
/// more is written.
final class OutputFile {
  /// As it was given; `-` for standard output.
  let name: String
  private let blocks: OutputBlocks
  /// Until the file is finished.
  private var claim: OutputClaim?
  /// Bytes in the block at hand.
  private var used = 0
  private var failure: CaptureError?
  /// Bytes that were handed over for good.
  private var before: UInt64 = 0
  /// What is changed at the end, by its place.
  private var patches: [(offset: UInt64, bytes: [UInt8])] = []

  /// Makes the file, or empties one that exists; `-` is standard output.
  init(path: String) throws(CaptureError) {
    name = path
    do throws(SystemError) {
      let opened = try Self.open(path)
      claim = opened.claim
      blocks = OutputBlocks(opened.descriptor)
    } catch {
      throw CaptureError(
        file: path, reason: error.reason, isAboutInput: error == .isInput || error == .isOutput)
    }
  }

  deinit { blocks.stop() }

  /// A file is emptied only when it is known to be none of the inputs.
  private static func open(
    _ path: String
  ) throws(SystemError) -> (descriptor: Descriptor, claim: OutputClaim?) {
    let isStandard = path == "-"
    let descriptor =
      isStandard
      ? Descriptor(borrowing: STDOUT_FILENO)
      : try Descriptor(path: path, flags: O_WRONLY | O_CREAT, mode: 0o666)
    let status = try descriptor.status()
    guard status.isRegular else { return (descriptor, nil) }
    if InputClaim.covers(status.identity) { throw .isInput }
    guard let claim = OutputClaim(status.identity) else { throw .isOutput }
    if !isStandard { _ = try SystemError.check { ftruncate(descriptor.number, 0) } }
    return (descriptor, claim)
  }

  /// How many bytes the file has got.
  var length: UInt64 { before + UInt64(used) }

  /// Whether what has been written can still be changed at the end.
  var isPatchable: Bool { blocks.start != nil }

  /// Puts other bytes in the place of written ones when the file is finished.
  func patch(at offset: UInt64, _ bytes: [UInt8]) { patches.append((offset, bytes)) }

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
    before += UInt64(used)
    used = 0
  }

  /// Writes out what is in blocks and closes the file.
  func finish() throws(CaptureError) {
    if let failure { throw failure }
    do throws(SystemError) {
      try blocks.finish(used, patches)
    } catch {
      throw fail(error)
    }
    before += UInt64(used)
    used = 0
    claim = nil
  }

  private func fail(_ error: SystemError) -> CaptureError {
    let error = CaptureError(file: name, reason: error.reason)
    failure = error
    return error
  }
}
