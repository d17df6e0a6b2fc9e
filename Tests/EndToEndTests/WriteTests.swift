import Foundation
import Testing

@Suite("-w")
struct WriteTests {
  private let folder: Scratch
  private let capture: [UInt8]
  private let path: String

  init() throws {
    folder = try Scratch()
    let frames =
      [CaptureBuilder.arp] + CaptureBuilder.conversation() + [[], [1, 2, 3]]
      + [CaptureBuilder.ethernet(0x0800, [0x45, 0xFF])]
    capture = CaptureBuilder.pcap(frames)
    path = try folder.file("x.pcap", capture)
  }

  @Test("Every packet is written as it was, whatever it is")
  func identity() throws {
    let result = try Binary.sluice.run("-q", "-r", path, "-w", folder.file("y.pcap"))
    #expect(result.status == 0)
    #expect(try folder.bytes("y.pcap").dropFirst(24) == capture.dropFirst(24))
  }

  @Test("Through pcapng and back it is the same capture")
  func throughPcapng() throws {
    let middle = folder.file("y.pcapng")
    #expect(try Binary.sluice.run("-q", "-r", path, "-w", middle).status == 0)
    #expect(try folder.bytes("y.pcapng").prefix(4) == [0x0A, 0x0D, 0x0D, 0x0A])
    #expect(try Binary.sluice.run("-q", "-r", middle, "-w", folder.file("z.pcap")).status == 0)
    #expect(try folder.bytes("z.pcap").dropFirst(24) == capture.dropFirst(24))
  }

  @Test("-w - is the capture on standard output")
  func standardOutput() throws {
    let result = try Binary.sluice.run("-q", "-r", path, "-w", "-", "-o", folder.file("log"))
    #expect(result.status == 0)
    #expect(result.output.dropFirst(24) == capture.dropFirst(24))
  }

  @Test("The input is never overwritten, by whatever name it is called")
  func ontoInput() throws {
    let manager = FileManager.default
    try manager.linkItem(atPath: path, toPath: folder.file("hard"))
    try manager.createSymbolicLink(atPath: folder.file("soft"), withDestinationPath: path)
    for name in ["x.pcap", "hard", "soft"] {
      for option in ["-w", "-o"] {
        let result = try Binary.sluice.run("-r", path, option, folder.file(name))
        #expect(result.status == 2)
        #expect(result.errors.contains("would overwrite the input"))
      }
      let piped = try Binary.sluice.run("-r", "-", "-w", folder.file(name), input: path)
      #expect(piped.status == 2)
    }
    #expect(try folder.bytes("x.pcap") == capture)
  }

  @Test("A file that has become as large as may be is an error of its own")
  func sizeLimit() throws {
    let frames = [[UInt8]](repeating: [UInt8](repeating: 7, count: 1400), count: 2000)
    let large = try folder.file("large.pcap", CaptureBuilder.pcap(frames))
    let result = try Binary(path: "/bin/sh").run(
      "-c", "ulimit -f 64; exec \(Binary.sluice.path) -q -r \(large) -w \(folder.file("y.pcap"))")
    #expect(result.status == 1)
    #expect(result.errors.contains("y.pcap: file too large"))
  }

  @Test("An output that cannot be made or written is exit status 1", arguments: ["-w", "-o"])
  func failures(option: String) throws {
    let missing = try Binary.sluice.run("-r", path, option, "/no/such/file")
    #expect(missing.status == 1)
    #expect(missing.errors.contains("sluice: /no/such/file: no such file"))
    let full = try Binary.sluice.run("-r", path, option, "/dev/full")
    #expect(full.status == 1)
    #expect(full.errors.contains("sluice: /dev/full: no space left on"))
  }
}

@Suite("sluice -w into several files")
struct RotationTests {
  private let folder: Scratch
  private let path: String

  init() throws {
    folder = try Scratch()
    path = try folder.file("x.pcap", CaptureBuilder.pcap(CaptureBuilder.conversation()))
  }

  @Test("By size and by time; together they are the capture")
  func rotation() throws {
    for (option, value, files) in [
      ("--rotate-time", "3", 2), ("--rotate-size", "250", 3), ("--rotate-time", "1", 8),
    ] {
      let copy = folder.file("copy.pcap")
      let result = try Binary.sluice.run("-q", "-r", path, "-w", copy, option, value)
      #expect(result.status == 0)
      var packets = try folder.bytes("copy.pcap").dropFirst(24)
      let rest = (1..<10).map { "copy-0000\($0).pcap" }
        .filter { FileManager.default.fileExists(atPath: folder.file($0)) }
      #expect(rest.count == files)
      for name in rest { packets += try folder.bytes(name).dropFirst(24) }
      #expect(Array(packets) == Array(try folder.bytes("x.pcap").dropFirst(24)))
      for name in rest { try FileManager.default.removeItem(atPath: folder.file(name)) }
    }
  }

  @Test(
    "What cannot be meant is refused",
    arguments: [
      (["-w", "-", "-o", "/dev/null", "--rotate-size", "1M"], "standard output is not rotated"),
      (["--rotate-time", "1"], "are for the file of -w"),
      (["-w", "x.pcap", "--rotate-count", "1"], "needs --rotate-size or --rotate-time"),
      (["-w", "x.pcap", "--rotate-size", "0"], "--rotate-size 0: too small"),
      (["-w", "x.pcap", "--rotate-time", "0"], "--rotate-time 0: too small"),
      (["-w", "/dev/null", "--rotate-time", "1"], "is no file that can be rotated"),
    ])
  func refused(arguments: [String], reason: String) throws {
    let result = try Binary.sluice.run(["-r", path] + arguments)
    #expect(result.status == 2)
    #expect(result.errors.contains(reason), "\(result.errors)")
  }

  /// The sum of IEEE 802.3 §3.2.9, bit by bit.
  private func checkSequence(_ frame: some Sequence<UInt8>) -> [UInt8] {
    var sum = UInt32.max
    for byte in frame {
      sum ^= UInt32(byte)
      for _ in 0..<8 { sum = sum & 1 != 0 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
    }
    return (0..<4).map { UInt8(truncatingIfNeeded: ~sum >> (8 * $0)) }
  }

  @Test("Behind an edit each frame has a right check sequence, where the capture has them")
  func checkSequences() throws {
    let frames = CaptureBuilder.conversation().map { $0 + checkSequence($0) }
    // Four bytes, by the link type field of the header.
    let input = CaptureBuilder.pcap(frames, linkType: 0x4400_0001)
    let path = try folder.file("fcs.pcap", input)
    let copied = try Binary.sluice.run("-q", "-r", path, "-w", folder.file("copy.pcap"))
    #expect(copied.status == 0)
    #expect(try folder.bytes("copy.pcap") == input)
    let result = try Binary.sluice.run(
      "-q", "-r", path, "-a", "replace:find=hello,with=good day", "-w", folder.file("y.pcap"))
    #expect(result.status == 0)
    let output = try folder.bytes("y.pcap")
    #expect(output[..<24] == input[..<24])
    var (place, count, hasText) = (24, 0, false)
    while place < output.count {
      let length = Int(output[place + 8]) | Int(output[place + 9]) << 8
      let frame = output[(place + 16)..<(place + 16 + length)]
      #expect(Array(frame.suffix(4)) == checkSequence(frame.dropLast(4)), "frame \(count)")
      hasText = hasText || String(decoding: frame, as: UTF8.self).contains("good day")
      place += 16 + length
      count += 1
    }
    #expect(count == frames.count && hasText)
  }
}
