import CZlib
import Glibc

/// The content of a gzip file (RFC 1952), of all its members one after the other.
@safe
final class GzipStream: ByteStream {
  private static let inputCapacity = StreamBuffer.blockSize

  private let upstream: any ByteStream
  private let input: UnsafeMutableRawBufferPointer
  private let state: UnsafeMutablePointer<z_stream>
  /// Compressed bytes that zlib has taken.
  private var consumed = 0
  private var place = Place.betweenMembers
  private var failure: String?

  private enum Place { case betweenMembers, inMember, padding }

  /// - Parameter prefix: the bytes that were read from `upstream` to recognise it; a block at most.
  init(_ upstream: any ByteStream, prefix: [UInt8]) {
    self.upstream = upstream
    unsafe input = .allocate(byteCount: Self.inputCapacity, alignment: 64)
    unsafe state = .allocate(capacity: 1)
    unsafe state.initialize(to: z_stream())
    unsafe input.copyBytes(from: prefix)
    unsafe state.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
    unsafe state.pointee.avail_in = UInt32(prefix.count)
    // 15 bits of window, and 16 for the gzip wrapper with its CRC.
    let size = unsafe Int32(MemoryLayout<z_stream>.size)
    if unsafe inflateInit2_(state, 15 + 16, ZLIB_VERSION, size) != Z_OK {
      failure = "gzip: no memory"
    }
  }

  deinit {
    unsafe inflateEnd(state)
    unsafe state.deallocate()
    unsafe input.deallocate()
  }

  func read(into memory: UnsafeMutableRawBufferPointer) -> ReadOutcome {
    while failure == nil {
      if unsafe state.pointee.avail_in == 0 {
        switch refill() {
        case .bytes: break
        case .end: return atEndOfInput()
        case let other: return other
        }
      }
      let produced = unsafe inflate(into: memory)
      if produced > 0 { return .bytes(produced) }
    }
    return .failed(failure ?? "")
  }

  private func refill() -> ReadOutcome {
    let outcome = unsafe upstream.read(into: input)
    if case .bytes(let count) = outcome {
      unsafe state.pointee.next_in = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
      unsafe state.pointee.avail_in = UInt32(count)
    }
    return outcome
  }

  private func atEndOfInput() -> ReadOutcome {
    if place != .inMember { return .end }
    let reason = "the gzip data end early, after \(consumed) compressed bytes"
    failure = reason
    return .failed(reason)
  }

  /// Decompresses what is there; what cannot go on is left in `failure`.
  private func inflate(into memory: UnsafeMutableRawBufferPointer) -> Int {
    guard startsMember() else { return 0 }
    let before = unsafe state.pointee.avail_in
    unsafe state.pointee.next_out = memory.baseAddress?.assumingMemoryBound(to: UInt8.self)
    unsafe state.pointee.avail_out = UInt32(clamping: memory.count)
    let room = unsafe state.pointee.avail_out
    let result = unsafe CZlib.inflate(state, Z_NO_FLUSH)
    consumed += unsafe Int(before - state.pointee.avail_in)
    switch result {
    case Z_OK, Z_BUF_ERROR: break
    case Z_STREAM_END:
      place = .betweenMembers
      unsafe inflateReset(state)
    default: fail(result)
    }
    return unsafe Int(room - state.pointee.avail_out)
  }

  /// Between members: whether another one begins here. Zeros that pad a file (to the blocks of a
  /// tape) are passed over, as gzip itself does.
  private func startsMember() -> Bool {
    if place == .inMember { return true }
    while unsafe state.pointee.avail_in > 0, let next = unsafe state.pointee.next_in?.pointee {
      if place == .betweenMembers && next == 0x1f {
        place = .inMember
        return true
      }
      guard next == 0 && consumed > 0 else {
        failure = "what follows compressed byte \(consumed) is no gzip data"
        return false
      }
      place = .padding
      unsafe state.pointee.next_in += 1
      unsafe state.pointee.avail_in -= 1
      consumed += 1
    }
    return false
  }

  private func fail(_ result: Int32) {
    let detail = unsafe state.pointee.msg.map { unsafe String(cString: $0) } ?? "error \(result)"
    failure = "gzip data are corrupt at compressed byte \(consumed): \(detail)"
  }
}
