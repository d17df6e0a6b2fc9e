import Testing

@testable import SluiceCommand

@Suite("Messages and amounts")
struct MessageTests {
  @Test("What would move the cursor is shown instead")
  func printable() {
    #expect(Message.printable("a\u{1B}[2Jb\nc\u{85}é") == #"a\x1B[2Jb\x0Ac\x85é"#)
  }

  @Test("A usage error is one line with a hint")
  func usage() {
    let failure = CommandFailure.usage("Unknown option '--x'.\nPlease do.", help: "generate ")
    #expect(failure.message == "unknown option '--x'. Please do (see sluice generate --help)")
    #expect(failure.status == .usage)
  }

  @Test(
    "Numbers are grouped",
    arguments: [(0, "0"), (999, "999"), (1000, "1,000"), (1_234_567, "1,234,567")])
  func numbers(value: UInt64, text: String) {
    #expect(Amounts.number(value) == text)
  }

  @Test(
    "Sizes have a unit",
    arguments: [
      (0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (1536, "1.5 KiB"), (2 << 30, "2.0 GiB"),
    ] as [(UInt64, String)])
  func sizes(value: UInt64, text: String) {
    #expect(Amounts.size(value) == text)
  }

  @Test("No amount is too large")
  func extremes() {
    #expect(Amounts.number(.max) == "18,446,744,073,709,551,615")
    #expect(Amounts.size(.max).hasSuffix(" TiB"))
    #expect(Amounts.duration(seconds: .max).hasSuffix(" min"))
    #expect(Amounts.duration(seconds: 200) == "3 min 20 s")
  }

  @Test("The progress bar tells how much, how fast and how long")
  func progress() {
    let line = ProgressBar.line(read: 600 << 20, total: 2000 << 20, packets: 1, seconds: 2)
    #expect(line == "[######--------------]  30%  600.0 MiB of 1.9 GiB  300.0 MiB/s  4 s left")
    let open = ProgressBar.line(read: 1 << 20, total: nil, packets: 5, seconds: 1)
    #expect(open == "1.0 MiB  5 packets  1.0 MiB/s")
    let beyond = ProgressBar.line(read: .max, total: 10, packets: 5, seconds: 1e-9)
    #expect(beyond.hasPrefix("[####################] 100%"))
    #expect(ProgressBar.line(read: 0, total: 0, packets: 0, seconds: 0).hasPrefix("0 B"))
  }
}
