using OrleansInference.Gateway.Access;

namespace OrleansInference.Gateway.Tests.Access;

public sealed class RolesTests
{
    [Theory]
    [InlineData("POST", "/v2/models/m/infer", Role.Infer)]
    [InlineData("POST", "/v2/models/m/versions/3/infer", Role.Infer)]
    [InlineData("POST", "//v2//models/m///infer/", Role.Infer)]
    [InlineData("POST", "/v2/models/infer", Role.Admin)]
    [InlineData("POST", "/v2/models//infer", Role.Admin)]
    [InlineData("POST", "/v2/models/m/infer/more", Role.Admin)]
    [InlineData("POST", "/v2/models/m/versions/3/infer/more", Role.Admin)]
    [InlineData("POST", "/v2/models/m/versions/3/infer/a/b/c/d", Role.Admin)]
    [InlineData("POST", "/V2/models/m/infer", Role.Admin)]
    [InlineData("GET", "/v2/models/m/a/b/c/d/e/f/g", Role.Infer)]
    [InlineData("GET", "/v2/models/m/trace/setting", Role.Operate)]
    [InlineData("POST", "/v2/models/m/trace/setting", Role.Admin)]
    [InlineData("GET", "/metrics", Role.Operate)]
    [InlineData("DELETE", "/metrics", Role.Admin)]
    public void Required_APath_IsReadBySegments(string method, string path, Role expected) =>
        Assert.Equal(expected, Roles.Required(method, path));

    [Theory]
    [InlineData("GET", "/")]
    [InlineData("GET", "")]
    [InlineData("GET", "///")]
    [InlineData("HEAD", "/v2/health/ready")]
    [InlineData("GET", "/dashboard/a/b/c/d/e/f/g/h/i")]
    [InlineData("POST", "/dashboard/login")]
    public void Required_WhatNeedsNoKey_IsNone(string method, string path) => Assert.Null(Roles.Required(method, path));
}
