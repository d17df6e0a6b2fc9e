import Buffers
import CSystem
import Capture
import Glibc
import Support
import Testing

@Suite("A file that shrinks while it is read")
struct ShrinkTests {
  /// 1000 packets of 1000 bytes: 1016 in the file each.
  private func file() -> [UInt8] {
    var file = PcapBytes()
    for index in 0..<1000 { file.packet(.pattern(1000, seed: index)) }
    return file.bytes
  }

  @Test(
    "ends as damage where it ends now, without a crash",
    arguments: [0, 24, 30_000, 24 + 64 * 1016, 70_000, 400_000, 409_600, 1_015_000, 1_016_023])
  func shrinks(size: Int) throws {
    let bytes = file()
    let folder = TemporaryFolder()
    let path = folder.write(bytes, to: "in.pcap")
    let source = try openCapture(path: path)
    var batch = FrameBatch(capacity: 32)
    var packets: [Packet] = []
    func take() {
      for index in 0..<batch.count { packets.append(Packet(batch[index])) }
    }
    #expect(fill(source, &batch))
    take()
    truncate(path, size)
    while source.fill(&batch) { take() }
    #expect(source.damage?.byteOffset == UInt64(size))
    #expect(source.damage?.reason == "the file shrank from \(bytes.count) bytes while it was read")
    // What was handed out before the cut stays; behind it nothing is.
    #expect(packets.count == max(32, (size - 24) / 1016))
    let whole = try Reading(bytes)
    #expect(packets[...] == whole.packets.prefix(packets.count))
  }

  private func fill(_ source: any PacketSource, _ batch: inout FrameBatch) -> Bool {
    source.fill(&batch)
  }

  @Test("Bytes of a frame that was handed out become zeros, and the next fill says so")
  func payloadGoesAway() throws {
    let folder = TemporaryFolder()
    var contents = PcapBytes()
    contents.packet(.pattern(100_000))
    contents.packet(.pattern(100_000))
    let path = folder.write(contents.bytes, to: "in.pcap")
    let source = try openCapture(path: path)
    var batch = FrameBatch(capacity: 1)
    _ = source.fill(&batch)
    truncate(path, 8192)
    let bytes = Packet(batch[0]).bytes
    #expect(bytes.prefix(8192 - 40) == [UInt8].pattern(100_000).prefix(8192 - 40))
    #expect(bytes.dropFirst(8192 - 40).allSatisfy { $0 == 0 })
    let isOpen = source.fill(&batch)
    #expect(!isOpen)
    #expect(source.damage?.byteOffset == 8192)
  }

  @Test("A batch that was filled before is taken back as far as it has gone")
  func takesBack() throws {
    let bytes = file()
    let folder = TemporaryFolder()
    let path = folder.write(bytes, to: "in.pcap")
    let source = try openCapture(path: path)
    #expect(source.framesStay)
    var early = FrameBatch(capacity: 500)
    var late = FrameBatch(capacity: 500)
    #expect(fill(source, &early) && fill(source, &late))
    truncate(path, 300_000)
    // Nobody has met the hole yet; the last frame of all does.
    source.takeBackMissing(from: &early)
    #expect(early.count == 500)
    #expect(Packet(late[499]).bytes.allSatisfy { $0 == 0 })
    source.takeBackMissing(from: &late)
    #expect(late.count == 0)
    source.takeBackMissing(from: &early)
    #expect(early.count == (300_000 - 24) / 1016)
    #expect(source.damage == nil)
    let isOpen = source.fill(&late)
    #expect(!isOpen)
    #expect(source.damage?.byteOffset == 300_000)
  }

  @Test("A SIGBUS that is none of ours goes to the handler that was there before")
  func otherFaults() async {
    await #expect(processExitsWith: .exitCode(42)) {
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { _ in _exit(42) }
      sigaction(SIGBUS, &action, nil)
      ShrinkTests.faultOutsideGuard()
    }
    // The sanitizers have a handler of their own, so the default is asked for.
    await #expect(processExitsWith: .signal(SIGBUS)) {
      signal(SIGBUS, SIG_DFL)
      ShrinkTests.faultOutsideGuard()
    }
    await #expect(processExitsWith: .signal(SIGBUS)) {
      signal(SIGBUS, SIG_DFL)
      ShrinkTests.faultOutsideGuard(sent: true)
    }
  }

  private static func faultOutsideGuard(sent: Bool = false) {
    let folder = TemporaryFolder()
    let guarded = try! openCapture(path: folder.write(PcapBytes().bytes, to: "in.pcap"))
    let other = folder.write(.pattern(8192), to: "other")
    let descriptor = open(other, O_RDONLY)
    let mapping = mmap(nil, 8192, PROT_READ, MAP_PRIVATE, descriptor, 0)!
    truncate(other, 0)
    if sent { raise(SIGBUS) }
    if mapping.load(fromByteOffset: 4096, as: UInt8.self) == 0 { _exit(0) }
    withExtendedLifetime(guarded) {}
  }

  @Test("A slot of the guard is free again when it has been given back")
  func slots() throws {
    let memory = mmap(nil, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
    for _ in 0..<5000 {
      let slot = csystem_guard_add(memory, 4096)
      try #require(slot >= 0)
      #expect(csystem_guard_fault(slot) == -1)
      csystem_guard_remove(slot)
    }
    munmap(memory, 4096)
  }
}
